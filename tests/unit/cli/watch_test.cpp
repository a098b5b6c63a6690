// SPDX-License-Identifier: Apache-2.0
#include "cli/watch.h"

#include "catch.h"

namespace culprit {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

/// Samples at given times, as a recording has them; remembers what it was asked to wait.
class Script : public SampleSource {
 public:
  explicit Script(std::vector<milliseconds> times) : times_(std::move(times)) {}

  const HostIdentity& host() const override { return host_; }
  Result<std::optional<Sample>> next(nanoseconds) override {
    if (interrupt_at_ == at_) interrupt();
    if (at_ == times_.size()) return std::optional<Sample>();
    Sample sample;
    sample.monotonic_ns = static_cast<std::uint64_t>(nanoseconds(times_[at_++]).count());
    return std::optional<Sample>(std::move(sample));
  }
  void interrupt_at(std::size_t sample) { interrupt_at_ = sample; }

 private:
  void wake() noexcept override {}

  HostIdentity host_;
  std::vector<milliseconds> times_;
  std::size_t at_ = 0, interrupt_at_ = static_cast<std::size_t>(-1);
};

struct Watched {
  std::vector<long> milliseconds_each;
  std::string error;
};

Watched watch_all(Script& source, const WatchOptions& options, std::size_t at_most = 100) {
  Watched watched;
  const Status done = watch(source, options, [&](const Snapshot& snapshot) {
    watched.milliseconds_each.push_back(std::lround(snapshot.seconds * 1000));
    return Result<bool>(watched.milliseconds_each.size() < at_most);
  });
  if (!done) watched.error = done.error().message;
  return watched;
}

std::vector<milliseconds> times(std::initializer_list<long> list) {
  std::vector<milliseconds> all;
  for (const long time : list) all.emplace_back(time);
  return all;
}

using Lengths = std::vector<long>;

}  // namespace

TEST_CASE("without an interval every sample ends one") {
  Script source(times({1000, 2000, 2500, 4000}));
  CHECK(watch_all(source, {}).milliseconds_each == Lengths{1000, 500, 1500});
}

TEST_CASE("samples of a shorter interval are merged, jitter or not") {
  Script exact(times({1000, 2000, 3000, 4000, 5000}));
  CHECK(watch_all(exact, {.interval = seconds(2), .duration = {}}).milliseconds_each ==
        Lengths{2000, 2000});
  Script early(times({1000, 1998, 3001, 3999, 5000}));
  CHECK(watch_all(early, {.interval = seconds(1), .duration = {}, .slack = milliseconds(50)})
            .milliseconds_each == Lengths{998, 1003, 998, 1001});
}

TEST_CASE("the duration ends the watch, and what is left at the end is given") {
  Script source(times({0, 1000, 2000, 3000, 4000}));
  CHECK(watch_all(source, {.interval = {}, .duration = seconds(2)}).milliseconds_each ==
        Lengths{1000, 1000});
  Script rest(times({0, 1000, 2000, 3000}));
  CHECK(watch_all(rest, {.interval = seconds(2), .duration = {}}).milliseconds_each ==
        Lengths{2000, 1000});
}

TEST_CASE("an interrupt gives the interval that it cut short, and no more") {
  Script source(times({0, 1000, 1300, 2000, 3000}));
  source.interrupt_at(2);
  CHECK(watch_all(source, {.interval = seconds(1), .duration = {}}).milliseconds_each ==
        Lengths{1000, 300});
  Script at_once(times({0, 10}));
  at_once.interrupt_at(0);
  const Watched none = watch_all(at_once, {});
  CHECK(none.milliseconds_each.empty());
  CHECK(none.error.empty());
}

TEST_CASE("the user of the snapshots can end the watch") {
  Script source(times({0, 1000, 2000, 3000}));
  CHECK(watch_all(source, {}, 2).milliseconds_each == Lengths{1000, 1000});
}

TEST_CASE("a recording without an interval is an error that says so") {
  Script empty({});
  CHECK(watch_all(empty, {}).error == "the recording: holds no sample");
  Script one(times({5}));
  CHECK(watch_all(one, {}).error == "the recording: holds one sample only; an interval needs two");
}

}  // namespace culprit
