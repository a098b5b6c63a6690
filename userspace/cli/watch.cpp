// SPDX-License-Identifier: Apache-2.0
#include "cli/watch.h"

#include <algorithm>
#include <iostream>

#include "collect/sample_merge.h"
#include "model/model.h"
#include "util/duration.h"

namespace culprit {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kRecordedSlack = std::chrono::milliseconds(50);

/// Picks the Samples between which the intervals lie.
class Ticks {
 public:
  Ticks(SampleSource& source, const WatchOptions& options) : source_(source), options_(options) {
    options_.slack = std::max(options.slack, source.slack());
  }

  Result<std::optional<Sample>> first() {
    auto sample = source_.next(nanoseconds(0));
    if (sample && *sample) begin_ns_ = last_ns_ = (*sample)->monotonic_ns;
    return sample;
  }

  /// nullopt: it is over.
  Result<std::optional<Sample>> next() {
    const nanoseconds passed(last_ns_ - begin_ns_);
    const nanoseconds left =
        options_.duration ? *options_.duration - passed - options_.slack : nanoseconds::max();
    if (source_.interrupted() || left <= nanoseconds(0)) return std::optional<Sample>();
    auto sample = options_.interval ? spanning(passed, left) : source_.next(nanoseconds(0));
    if (sample && *sample) last_ns_ = (*sample)->monotonic_ns;
    return sample;
  }

 private:
  Result<std::optional<Sample>> spanning(nanoseconds passed, nanoseconds left) {
    const nanoseconds span = until_next_tick(passed, *options_.interval) - options_.slack;
    return next_spanning(source_, last_ns_, std::min(span, left));
  }

  SampleSource& source_;
  WatchOptions options_;
  std::uint64_t begin_ns_ = 0, last_ns_ = 0;
};

/// From the first Sample to the last of that time, or of all.
Result<Snapshot> one_interval(SampleSource& source, std::optional<nanoseconds> duration,
                              nanoseconds slack) {
  Model model(source.host());
  auto sample = source.next(nanoseconds(0));
  if (!sample) return tl::unexpected(sample.error());
  if (!*sample) return fail(source.name() + ": holds no sample");
  model.advance(**sample);
  auto last = next_spanning(source, (*sample)->monotonic_ns, duration, slack);
  if (!last) return tl::unexpected(last.error());
  if (!*last) return fail(source.name() + ": holds one sample only; an interval needs two");
  auto snapshot = model.advance(**last);
  if (!snapshot) return fail("no time has passed between the samples");
  return std::move(*snapshot);
}

}  // namespace

Status watch(SampleSource& source, const WatchOptions& options,
             const std::function<Result<bool>(Snapshot&)>& use) {
  Ticks ticks(source, options);
  Model model(source.host());
  auto sample = ticks.first();
  if (!sample) return tl::unexpected(sample.error());
  if (!*sample) return fail(source.name() + ": holds no sample");
  model.advance(**sample);
  bool any = false;
  for (;;) {
    sample = ticks.next();
    if (!sample) return tl::unexpected(sample.error());
    if (!*sample) break;
    auto snapshot = model.advance(**sample);
    if (!snapshot) continue;
    any = true;
    const Result<bool> more = use(*snapshot);
    if (!more) return tl::unexpected(more.error());
    if (!*more) return {};
  }
  report_note(source);
  if (!any && !source.interrupted())
    return fail(source.name() + ": holds one sample only; an interval needs two");
  return {};
}

Result<Snapshot> watch_once(SampleSource& source,
                            const boost::program_options::variables_map& values,
                            nanoseconds duration) {
  const bool recorded = values.count("from") > 0;
  if (recorded && values["duration"].defaulted()) return watch_whole(source);
  return one_interval(source, duration, recorded ? kRecordedSlack : nanoseconds(0));
}

Result<Snapshot> watch_whole(SampleSource& source) {
  return one_interval(source, std::nullopt, kRecordedSlack);
}

void report_note(const SampleSource& source) {
  const std::string note = source.note();
  if (!note.empty()) std::cerr << "culprit: " << note << '\n';
}

}  // namespace culprit
