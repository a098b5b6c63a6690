// SPDX-License-Identifier: Apache-2.0
#include "view/snapshot_feed.h"

#include <poll.h>

#include <semaphore>

#include "catch.h"

namespace culprit {
namespace {

// Gives as many samples as it was told to, then waits until it is interrupted, or ends.
class FakeSource : public SampleSource {
 public:
  explicit FakeSource(int samples, bool ends = false) : left_(samples), ends_(ends) {}

  const HostIdentity& host() const override { return host_; }
  Result<std::optional<Sample>> next(std::chrono::nanoseconds wait) override {
    waits.push_back(wait);
    if (fails) return fail("the probes went away");
    if (left_ == 0 && !ends_) interrupted_.acquire();
    if (left_ == 0) return std::optional<Sample>();
    --left_;
    Sample sample;
    sample.monotonic_ns = ++time_;
    return std::optional<Sample>(sample);
  }
  std::vector<std::chrono::nanoseconds> waits;  // that were asked for
  bool fails = false;

 private:
  void wake() noexcept override { interrupted_.release(); }

  HostIdentity host_;
  int left_;
  bool ends_;
  std::uint64_t time_ = 0;
  std::counting_semaphore<> interrupted_{0};
};

// As the model does: the first sample makes no snapshot.
std::optional<Snapshot> advance(const Sample& sample) {
  if (sample.monotonic_ns == 1) return std::nullopt;
  Snapshot snapshot;
  snapshot.seconds = static_cast<double>(sample.monotonic_ns);
  return snapshot;
}

SnapshotFeed::News wait_for_news(SnapshotFeed& feed) {
  pollfd waited{feed.descriptor(), POLLIN, 0};
  REQUIRE(poll(&waited, 1, 10000) == 1);
  return feed.take();
}

// Takes news until nothing more will come.
SnapshotFeed::News drain(SnapshotFeed& feed) {
  SnapshotFeed::News last;
  while (!last.ended) {
    SnapshotFeed::News news = wait_for_news(feed);
    if (!news.snapshot) news.snapshot = last.snapshot;
    last = std::move(news);
  }
  return last;
}

}  // namespace

TEST_CASE("the newest snapshot wakes the reader; the end is told", "[feed]") {
  FakeSource source(4, true);
  auto feed = SnapshotFeed::make(source, advance, {});
  REQUIRE(feed);
  const SnapshotFeed::News last = drain(**feed);
  REQUIRE(last.snapshot);
  CHECK(last.snapshot->seconds == 4);
  CHECK(!last.error);
  using namespace std::chrono_literals;
  const std::vector<std::chrono::nanoseconds> expected = {0ns, 500ms, 1s, 1s, 1s};
  CHECK(source.waits == expected);
}

TEST_CASE("a feed ends while its source waits", "[feed]") {
  FakeSource source(2);
  auto feed = SnapshotFeed::make(source, advance, {});
  REQUIRE(feed);
  CHECK(wait_for_news(**feed).snapshot);
  CHECK(!(*feed)->take().snapshot);
  feed->reset();
}

TEST_CASE("a failure of the source reaches the reader", "[feed]") {
  FakeSource source(0);
  source.fails = true;
  auto feed = SnapshotFeed::make(source, advance, {});
  REQUIRE(feed);
  const SnapshotFeed::News news = drain(**feed);
  REQUIRE(news.error);
  CHECK(news.error->message == "the probes went away");
}

TEST_CASE("an exception in the model reaches the reader", "[feed]") {
  FakeSource source(1, true);
  auto feed = SnapshotFeed::make(
      source, [](const Sample&) -> std::optional<Snapshot> { throw std::runtime_error("odd"); },
      {});
  REQUIRE(feed);
  const SnapshotFeed::News news = drain(**feed);
  REQUIRE(news.error);
  CHECK(news.error->message == "unexpected: odd");
}

TEST_CASE("a replay shows its first interval at once and can be left in a gap", "[feed]") {
  FakeSource source(3, true);
  const auto hours = [](const Sample& sample) {
    Sample later = sample;
    return advance(later);
  };
  auto feed = SnapshotFeed::make(source, hours, {.replay = true});
  REQUIRE(feed);
  CHECK(drain(**feed).snapshot->seconds == 3);
}

}  // namespace culprit
