// SPDX-License-Identifier: Apache-2.0
#include "model/latency.h"

#include <algorithm>

#include "model/counter.h"

namespace culprit {
namespace {

double bucket_middle_seconds(std::uint32_t bucket) {
  const auto floor = static_cast<double>(histogram_bucket_floor(bucket));
  const auto ceiling = static_cast<double>(histogram_bucket_floor(bucket + 1));
  return (floor + ceiling) / 2 * kSecondsPerNanosecond;
}

/// The value below which `quantile` of the durations lie.
double percentile(const histogram& durations, double quantile) {
  const double rank = quantile * static_cast<double>(durations.count);
  double seen = 0;
  for (std::uint32_t bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
    seen += static_cast<double>(durations.buckets[bucket]);
    if (seen >= rank && durations.buckets[bucket]) return bucket_middle_seconds(bucket);
  }
  return bucket_middle_seconds(HISTOGRAM_BUCKETS - 1);
}

double highest_seconds(const histogram& durations) {
  for (std::uint32_t bucket = HISTOGRAM_BUCKETS; bucket-- > 0;)
    if (durations.buckets[bucket])
      return static_cast<double>(histogram_bucket_floor(bucket + 1)) * kSecondsPerNanosecond;
  return 0;
}

}  // namespace

std::optional<histogram> histogram_difference(const histogram& before, const histogram& after) {
  if (after.sum_ns < before.sum_ns) return std::nullopt;
  histogram difference{};
  for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
    if (after.buckets[i] < before.buckets[i]) return std::nullopt;
    difference.buckets[i] = after.buckets[i] - before.buckets[i];
    // Counted from the buckets: `count` may be a switch ahead of or behind them.
    difference.count += difference.buckets[i];
  }
  if (difference.count == 0) return std::nullopt;
  difference.sum_ns = after.sum_ns - before.sum_ns;
  return difference;
}

std::optional<Latency> summarize(const histogram& durations) {
  if (durations.count == 0) return std::nullopt;
  Latency latency;
  latency.count = durations.count;
  latency.mean_seconds = static_cast<double>(durations.sum_ns) * kSecondsPerNanosecond /
                         static_cast<double>(durations.count);
  latency.p50_seconds = percentile(durations, 0.50);
  latency.p95_seconds = percentile(durations, 0.95);
  latency.p99_seconds = percentile(durations, 0.99);
  latency.max_seconds = highest_seconds(durations);
  return latency;
}

}  // namespace culprit
