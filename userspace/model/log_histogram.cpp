// SPDX-License-Identifier: Apache-2.0
#include "model/log_histogram.h"

#include <algorithm>
#include <bit>

#include "model/counter.h"

namespace culprit {
namespace {

constexpr std::uint32_t kSubBits = 5;
constexpr std::uint32_t kSubBuckets = 1U << kSubBits;

double middle_seconds(std::uint32_t bucket) {
  const auto floor = static_cast<double>(LogHistogram::bucket_floor(bucket));
  const std::uint32_t shift = bucket < kSubBuckets ? 0 : bucket / kSubBuckets - 1;
  return (floor + static_cast<double>((std::uint64_t{1} << shift) - 1) / 2) * kSecondsPerNanosecond;
}

}  // namespace

std::uint32_t LogHistogram::bucket(std::uint64_t ns) {
  if (ns < kSubBuckets) return static_cast<std::uint32_t>(ns);
  const auto shift = static_cast<std::uint32_t>(std::bit_width(ns)) - 1 - kSubBits;
  // The leading bit of the shifted value counts as one more group of kSubBuckets.
  return shift * kSubBuckets + static_cast<std::uint32_t>(ns >> shift);
}

std::uint64_t LogHistogram::bucket_floor(std::uint32_t bucket) {
  if (bucket < kSubBuckets) return bucket;
  const std::uint32_t shift = bucket / kSubBuckets - 1;
  return std::uint64_t{kSubBuckets + bucket % kSubBuckets} << shift;
}

/// Grows by whole powers of two, so that it seldom does.
void LogHistogram::add_to(std::uint32_t bucket, std::uint32_t count) {
  const std::uint32_t group = bucket - bucket % kSubBuckets;
  if (counts_.empty()) first_ = group;
  if (bucket < first_) {
    counts_.insert(counts_.begin(), first_ - group, 0);
    first_ = group;
  }
  if (bucket - first_ >= counts_.size()) counts_.resize(group + kSubBuckets - first_);
  counts_[bucket - first_] += count;
}

void LogHistogram::add(const LogHistogram& other) {
  for (std::uint32_t i = 0; i < other.counts_.size(); i++)
    if (other.counts_[i]) add_to(other.first_ + i, other.counts_[i]);
  count_ += other.count_;
  sum_ns_ += other.sum_ns_;
  max_ns_ = std::max(max_ns_, other.max_ns_);
}

double LogHistogram::percentile(double quantile) const {
  const double rank = quantile * static_cast<double>(count_);
  const double highest = static_cast<double>(max_ns_) * kSecondsPerNanosecond;
  double seen = 0;
  for (std::uint32_t i = 0; i < counts_.size(); i++) {
    seen += counts_[i];
    if (seen >= rank && counts_[i]) return std::min(middle_seconds(first_ + i), highest);
  }
  return highest;
}

std::optional<Latency> LogHistogram::latency() const {
  if (count_ == 0) return std::nullopt;
  Latency latency;
  latency.count = count_;
  latency.mean_seconds =
      static_cast<double>(sum_ns_) * kSecondsPerNanosecond / static_cast<double>(count_);
  latency.p50_seconds = percentile(0.50);
  latency.p95_seconds = percentile(0.95);
  latency.p99_seconds = percentile(0.99);
  latency.max_seconds = static_cast<double>(max_ns_) * kSecondsPerNanosecond;
  for (std::uint32_t i = 0; i < counts_.size(); i++)
    if (counts_[i]) add_bucket(latency.buckets, bucket_floor(first_ + i), counts_[i]);
  return latency;
}

}  // namespace culprit
