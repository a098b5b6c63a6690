// SPDX-License-Identifier: Apache-2.0
#include "model/memory_trend.h"

#include <algorithm>

namespace culprit {
namespace {
constexpr std::uint64_t kShortestSpanNs = 5'000'000'000;
constexpr double kHourNs = 3600e9;
}  // namespace

void MemoryTrend::note(std::uint64_t time_ns, std::uint64_t bytes) {
  // The newest point floats until it is a full spacing away from the one before it.
  if (count_ >= 2 && points_[count_ - 1].time_ns - points_[count_ - 2].time_ns < kSpacingNs) {
    points_[count_ - 1] = {time_ns, bytes};
    return;
  }
  if (count_ == kPoints) {
    std::copy(points_.begin() + 1, points_.end(), points_.begin());
    count_--;
  }
  points_[count_++] = {time_ns, bytes};
}

std::optional<double> MemoryTrend::bytes_per_hour() const {
  if (count_ < 2 || points_[count_ - 1].time_ns - points_[0].time_ns < kShortestSpanNs)
    return std::nullopt;
  double mean_time = 0, mean_bytes = 0;
  const auto elapsed = [&](std::size_t i) {
    return static_cast<double>(points_[i].time_ns - points_[0].time_ns);
  };
  for (std::size_t i = 0; i < count_; i++) {
    mean_time += elapsed(i) / static_cast<double>(count_);
    mean_bytes += static_cast<double>(points_[i].bytes) / static_cast<double>(count_);
  }
  double covariance = 0, variance = 0;
  for (std::size_t i = 0; i < count_; i++) {
    const double time = elapsed(i) - mean_time;
    covariance += time * (static_cast<double>(points_[i].bytes) - mean_bytes);
    variance += time * time;
  }
  if (variance <= 0) return std::nullopt;
  return covariance / variance * kHourNs;
}

}  // namespace culprit
