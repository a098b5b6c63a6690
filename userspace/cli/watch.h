// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/program_options/variables_map.hpp>
#include <chrono>
#include <functional>
#include <optional>

#include "collect/sample_source.h"
#include "model/snapshot.h"
#include "util/result.h"

namespace culprit {

struct WatchOptions {
  /// Length of a Snapshot's interval. Absent: from each Sample of a recording to the next.
  std::optional<std::chrono::nanoseconds> interval;
  std::optional<std::chrono::nanoseconds> duration;  ///< absent: until there is no more
  /// A Sample that is this much early still ends an interval: recorded ticks jitter.
  std::chrono::nanoseconds slack{0};
};

/// Takes Samples and gives each interval's Snapshot to `use`, which may add to it, until the
/// duration is over, there are no more Samples, the source is interrupted (the interval that is cut
/// short is still given) or `use` says false. Intervals do not drift: what one takes too long, the
/// next is shorter. An error when there was no interval at all.
Status watch(SampleSource& source, const WatchOptions& options,
             const std::function<Result<bool>(Snapshot&)>& use);

/// Watches from the first to the last Sample of that time and describes all of it as one
/// interval. A recording is described as a whole unless `values` hold a --duration that was
/// asked for.
Result<Snapshot> watch_once(SampleSource& source,
                            const boost::program_options::variables_map& values,
                            std::chrono::nanoseconds duration);

/// Describes all that a recording holds as one interval.
Result<Snapshot> watch_whole(SampleSource& source);

/// Tells stderr what the source has to say at its end, if anything.
void report_note(const SampleSource& source);

}  // namespace culprit
