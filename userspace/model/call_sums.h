// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "model/counter.h"
#include "model/log_histogram.h"
#include "protocol/call.h"

namespace culprit {

/// The caller did not get what it asked for. What waits for ever ends by being given up.
inline bool failed(const Call& call) {
  return call.outcome == Outcome::kError ||
         (call.outcome == Outcome::kAborted && !(call.flags & kCallWaits));
}

/// What all rows of calls sum: integers, so that the order of calls does not show.
struct CallSums {
  std::uint64_t count = 0, errors = 0, total_ns = 0;
  LogHistogram latency;  ///< without those whose purpose is to wait

  void note(const Call& call) { note(call, increase(call.start_ns, call.end_ns)); }
  void note(const Call& call, std::uint64_t duration_ns) {
    count++;
    errors += failed(call);
    total_ns += duration_ns;
    if (!(call.flags & kCallWaits)) latency.add(duration_ns);
  }
  void add(const CallSums& other) {
    count += other.count;
    errors += other.errors;
    total_ns += other.total_ns;
    latency.add(other.latency);
  }
  double seconds() const { return static_cast<double>(total_ns) * kSecondsPerNanosecond; }
};

/// A duration in seconds.
inline double seconds_of(std::uint64_t ns) {
  return static_cast<double>(ns) * kSecondsPerNanosecond;
}

}  // namespace culprit
