// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "bpf/histogram.h"

namespace culprit {

/// LATENCY of DESIGN §6, in seconds. Percentiles are bucket middles, within 3.2 %.
struct Latency {
  std::uint64_t count = 0;
  double mean_seconds = 0, p50_seconds = 0, p95_seconds = 0, p99_seconds = 0, max_seconds = 0;
};

/// What came in between two readings of a cumulative histogram. Absent when nothing
/// did, or when the later one is smaller anywhere (the counter was started anew).
std::optional<histogram> histogram_difference(const histogram& before, const histogram& after);

/// Summary of a histogram; absent when it is empty.
std::optional<Latency> summarize(const histogram& durations);

}  // namespace culprit
