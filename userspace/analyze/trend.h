// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace culprit {

/// What a rise of a number means.
enum class TrendMeaning : std::uint8_t {
  kLoad,         ///< more of it is more work
  kLowerBetter,  ///< waits, errors
  kHigherBetter,
};

struct TrendPoint {
  std::int64_t time_ns = 0;  ///< middle of its time
  double value = 0;
};

/// A number over days, in points of equal lengths of time; of what was not watched there are none.
struct TrendSeries {
  std::string metric, unit;
  TrendMeaning meaning = TrendMeaning::kLoad;
  double least_change = 0;      ///< a smaller one is none, whatever the numbers say
  std::optional<double> limit;  ///< that it cannot go beyond
  std::vector<TrendPoint> points;
};

enum class TrendDirection : std::uint8_t {
  kUnknown,  ///< too little was watched
  kStable,
  kIncreasing,
  kDecreasing,
  kImproving,
  kDegrading,
};

/// Something that began, ended or changed when a level did.
struct TrendCause {
  std::string kind, name, what;  ///< "process", "postgres", "was never seen before"
};

/// A jump from one level to another.
struct LevelShift {
  std::int64_t time_ns = 0;
  double before = 0, after = 0;  ///< medians
  std::vector<TrendCause> causes;
};

/// What is usual at each hour of the day, as the difference to the day's median.
struct DailyPattern {
  std::array<double, 24> by_hour{};
  double explains = 0;  ///< share of the variation within days, 0…1
};

struct TrendForecast {
  std::int64_t time_ns = 0;
  double value = 0, low = 0, high = 0;
};

struct TrendLimit {
  double value = 0;
  std::int64_t reached_ns = 0;
  std::int64_t earliest_ns = 0;
  std::optional<std::int64_t> latest_ns;  ///< absent: perhaps never
};

struct Trend {
  TrendDirection direction = TrendDirection::kUnknown;
  double first = 0, last = 0;                               ///< levels at the two ends
  double slope_per_day = 0, slope_low = 0, slope_high = 0;  ///< 90 % interval
  double p_value = 1;                                       ///< of no trend at all
  std::vector<LevelShift> shifts;
  std::optional<DailyPattern> pattern;
  std::optional<TrendForecast> forecast;
  std::optional<TrendLimit> limit;
};

inline constexpr double kForecastConfidence = 0.9;

/// Says where a number is heading, by ranks and medians, which outliers do not move:
/// Theil–Sen slope, Mann–Kendall test with Hamed and Rao's correction for points that depend on
/// one another, Pettitt's test for jumps (docs/history.md tells the formulas). `zone_seconds`: how
/// far the local time is ahead of UTC, for hours of the day.
Trend find_trend(const TrendSeries& series, int zone_seconds);

/// "improving", "stable" and so on; "unknown".
std::string_view direction_name(TrendDirection direction);

}  // namespace culprit
