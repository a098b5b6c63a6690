// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "bpf/histogram.h"

namespace culprit {

/// How many durations fell into one bucket of latency_bucket().
struct LatencyBucket {
  std::uint32_t bucket = 0;
  std::uint64_t count = 0;
};

/// LATENCY of DESIGN §6, in seconds. Percentiles are bucket middles, within 3.2 %.
struct Latency {
  std::uint64_t count = 0;
  double mean_seconds = 0, p50_seconds = 0, p95_seconds = 0, p99_seconds = 0, max_seconds = 0;
  /// All of them, coarser than what the percentiles are of, by rising bucket: what intervals
  /// are merged by.
  std::vector<LatencyBucket> buckets = {};
};

/// What came in between two readings of a cumulative histogram. Absent when nothing
/// did, or when the later one is smaller anywhere (the counter was started anew).
std::optional<histogram> histogram_difference(const histogram& before, const histogram& after);

/// Summary of a histogram; absent when it is empty.
std::optional<Latency> summarize(const histogram& durations);

/// Buckets of Latency: 8 to each power of two, so that a bucket's middle is within 6.3 % of any
/// value in it.
std::uint32_t latency_bucket(std::uint64_t ns);
/// Lowest duration that falls into a bucket.
std::uint64_t latency_bucket_floor(std::uint32_t bucket);
/// Counts durations in a list that is kept in order when they come in order.
void add_bucket(std::vector<LatencyBucket>& buckets, std::uint64_t ns, std::uint64_t count);

/// Adds the durations of `other`; percentiles are then those of the buckets.
void merge(Latency& latency, const Latency& other);

}  // namespace culprit
