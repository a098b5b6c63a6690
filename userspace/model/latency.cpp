// SPDX-License-Identifier: Apache-2.0
#include "model/latency.h"

#include <algorithm>
#include <bit>

#include "model/counter.h"

namespace culprit {
namespace {

constexpr std::uint32_t kSubBits = 3;
constexpr std::uint32_t kSubBuckets = 1U << kSubBits;

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

/// The duration below which `quantile` of those in the buckets lie.
double percentile(const Latency& latency, double quantile) {
  double rank = 0, seen = 0;
  for (const LatencyBucket& held : latency.buckets) rank += static_cast<double>(held.count);
  rank *= quantile;
  for (const LatencyBucket& held : latency.buckets) {
    seen += static_cast<double>(held.count);
    if (seen < rank) continue;
    const auto floor = static_cast<double>(latency_bucket_floor(held.bucket));
    const auto ceiling = static_cast<double>(latency_bucket_floor(held.bucket + 1));
    return std::min((floor + ceiling) / 2 * kSecondsPerNanosecond, latency.max_seconds);
  }
  return latency.max_seconds;
}

std::vector<LatencyBucket> merged(const std::vector<LatencyBucket>& a,
                                  const std::vector<LatencyBucket>& b) {
  std::vector<LatencyBucket> sum;
  sum.reserve(a.size() + b.size());
  auto left = a.begin(), right = b.begin();
  while (left != a.end() || right != b.end()) {
    if (right == b.end() || (left != a.end() && left->bucket < right->bucket)) {
      sum.push_back(*left++);
    } else if (left == a.end() || right->bucket < left->bucket) {
      sum.push_back(*right++);
    } else {
      sum.push_back({left->bucket, left->count + right->count});
      ++left, ++right;
    }
  }
  return sum;
}

/// False, and nothing done, where `sum` lacks one of the buckets.
bool add_in_place(std::vector<LatencyBucket>& sum, const std::vector<LatencyBucket>& more) {
  const auto by_bucket = [](const LatencyBucket& a, const LatencyBucket& b) {
    return a.bucket < b.bucket;
  };
  if (!std::includes(sum.begin(), sum.end(), more.begin(), more.end(), by_bucket)) return false;
  auto to = sum.begin();
  for (const LatencyBucket& from : more) {
    while (to->bucket != from.bucket) ++to;
    to->count += from.count;
  }
  return true;
}

}  // namespace

std::uint32_t latency_bucket(std::uint64_t ns) {
  if (ns < kSubBuckets) return static_cast<std::uint32_t>(ns);
  const auto shift = static_cast<std::uint32_t>(std::bit_width(ns)) - 1 - kSubBits;
  return shift * kSubBuckets + static_cast<std::uint32_t>(ns >> shift);
}

std::uint64_t latency_bucket_floor(std::uint32_t bucket) {
  if (bucket < kSubBuckets) return bucket;
  const std::uint32_t shift = bucket / kSubBuckets - 1;
  return std::uint64_t{kSubBuckets + bucket % kSubBuckets} << shift;
}

void add_bucket(std::vector<LatencyBucket>& buckets, std::uint64_t ns, std::uint64_t count) {
  const std::uint32_t bucket = latency_bucket(ns);
  if (!buckets.empty() && buckets.back().bucket == bucket)
    buckets.back().count += count;
  else
    buckets.push_back({bucket, count});
}

void merge(Latency& latency, const Latency& other) {
  if (other.count == 0) return;
  const auto ours = static_cast<double>(latency.count), theirs = static_cast<double>(other.count);
  latency.mean_seconds =
      (latency.mean_seconds * ours + other.mean_seconds * theirs) / (ours + theirs);
  latency.count += other.count;
  latency.max_seconds = std::max(latency.max_seconds, other.max_seconds);
  if (!add_in_place(latency.buckets, other.buckets))
    latency.buckets = merged(latency.buckets, other.buckets);
  latency.p50_seconds = percentile(latency, 0.50);
  latency.p95_seconds = percentile(latency, 0.95);
  latency.p99_seconds = percentile(latency, 0.99);
}

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
  for (std::uint32_t bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++)
    if (durations.buckets[bucket])
      add_bucket(latency.buckets, histogram_bucket_floor(bucket), durations.buckets[bucket]);
  return latency;
}

}  // namespace culprit
