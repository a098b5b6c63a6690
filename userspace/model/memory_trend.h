// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace culprit {

/// Resident size over the last five minutes, as a few points, and its slope.
class MemoryTrend {
 public:
  /// Notes a reading; points closer than the spacing replace the latest one.
  void note(std::uint64_t time_ns, std::uint64_t bytes);

  /// Least-squares slope in bytes per hour; absent before five seconds have been seen.
  std::optional<double> bytes_per_hour() const;

 private:
  static constexpr std::size_t kPoints = 31;
  static constexpr std::uint64_t kSpacingNs = 10'000'000'000;
  struct Point {
    std::uint64_t time_ns = 0, bytes = 0;
  };
  std::array<Point, kPoints> points_{};
  std::size_t count_ = 0;  // points_[0 .. count_-1], oldest first
};

}  // namespace culprit
