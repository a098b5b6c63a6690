// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/latency.h"

namespace culprit {

/// Durations of calls, log-linear: 32 buckets to each power of two, so that a bucket's
/// middle is within 1.6 % of any value in it. Holds memory only for the range that it saw.
class LogHistogram {
 public:
  void add(std::uint64_t ns) { add_to(bucket(ns), 1), note(ns); }
  void add(const LogHistogram& other);

  std::uint64_t count() const { return count_; }
  /// Percentiles are bucket middles, the rest is exact; absent when it is empty.
  std::optional<Latency> latency() const;

  static std::uint32_t bucket(std::uint64_t ns);
  /// Lowest duration that falls into a bucket.
  static std::uint64_t bucket_floor(std::uint32_t bucket);

 private:
  void add_to(std::uint32_t bucket, std::uint32_t count);
  void note(std::uint64_t ns) {
    count_++;
    sum_ns_ += ns;
    if (ns > max_ns_) max_ns_ = ns;
  }
  double percentile(double quantile) const;

  std::uint32_t first_ = 0;  // bucket of counts_[0]
  std::vector<std::uint32_t> counts_;
  std::uint64_t count_ = 0, sum_ns_ = 0, max_ns_ = 0;
};

}  // namespace culprit
