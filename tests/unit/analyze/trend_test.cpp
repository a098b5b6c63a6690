// SPDX-License-Identifier: Apache-2.0
#include "analyze/trend.h"

#include <cmath>
#include <functional>

#include "analyze/rank_tests.h"
#include "catch.h"

namespace culprit {
namespace {

constexpr std::int64_t kMinute = 60'000'000'000, kHour = 60 * kMinute, kDay = 24 * kHour;
constexpr std::int64_t kStart = 19'700 * kDay;

/// Noise that is the same in each run, about normal, of spread 1.
class Noise {
 public:
  explicit Noise(std::uint64_t seed) : state_(seed * 2654435761u + 1) {}
  double next() {
    double sum = 0;
    for (int i = 0; i < 12; i++) {
      state_ = state_ * 6364136223846793005u + 1442695040888963407u;
      sum += static_cast<double>(state_ >> 11) * 0x1p-53;
    }
    return sum - 6;
  }

 private:
  std::uint64_t state_;
};

/// A point each ten minutes for so many days.
TrendSeries series_of(double days, const std::function<double(double)>& value_at) {
  TrendSeries series;
  series.metric = "test";
  series.least_change = 0.01;
  const auto count = static_cast<std::int64_t>(days * 144);
  for (std::int64_t i = 0; i < count; i++)
    series.points.push_back(
        {kStart + i * 10 * kMinute + 5 * kMinute, value_at(static_cast<double>(i) / 144)});
  return series;
}

double daily(double day) {
  return std::sin(day * 2 * 3.14159265358979);
}

TEST_CASE("trend: noise has none", "[trend]") {
  int alarms = 0;
  for (std::uint64_t seed = 0; seed < 40; seed++) {
    Noise noise(seed);
    const Trend trend =
        find_trend(series_of(7, [&](double) { return 0.4 + 0.05 * noise.next(); }), 0);
    alarms += trend.direction != TrendDirection::kStable || !trend.shifts.empty();
    CHECK_FALSE(trend.limit);
  }
  CHECK(alarms <= 1);
}

TEST_CASE("trend: noise whose points depend on one another has none", "[trend]") {
  int alarms = 0;
  for (std::uint64_t seed = 100; seed < 140; seed++) {
    Noise noise(seed);
    double state = 0;
    const Trend trend = find_trend(series_of(7,
                                             [&](double) {
                                               state = 0.95 * state + 0.01 * noise.next();
                                               return 0.4 + state;
                                             }),
                                   0);
    alarms += trend.direction != TrendDirection::kStable || !trend.shifts.empty();
  }
  CHECK(alarms <= 3);
}

TEST_CASE("trend: a day's course is a pattern, not a trend", "[trend]") {
  Noise noise(1);
  const Trend trend = find_trend(
      series_of(7, [&](double day) { return 0.5 + 0.3 * daily(day) + 0.01 * noise.next(); }), 0);
  CHECK(trend.direction == TrendDirection::kStable);
  CHECK(trend.shifts.empty());
  REQUIRE(trend.pattern);
  CHECK(trend.pattern->explains > 0.8);
  CHECK(trend.pattern->by_hour[6] == Approx(0.3).margin(0.03));
  CHECK(trend.pattern->by_hour[18] == Approx(-0.3).margin(0.03));
  const Trend shifted =
      find_trend(series_of(7, [&](double day) { return 0.5 + 0.3 * daily(day); }), 3600);
  REQUIRE(shifted.pattern);
  CHECK(shifted.pattern->by_hour[7] == Approx(0.3).margin(0.03));
}

TEST_CASE("trend: a leak is told with its slope and its end", "[trend]") {
  Noise noise(2);
  TrendSeries series = series_of(
      7, [&](double day) { return 0.3 + 0.05 * day + 0.05 * daily(day) + 0.01 * noise.next(); });
  series.limit = 1.0;
  const Trend trend = find_trend(series, 0);
  CHECK(trend.direction == TrendDirection::kIncreasing);
  CHECK(trend.shifts.empty());
  CHECK(trend.slope_per_day == Approx(0.05).epsilon(0.02));
  CHECK(trend.slope_low <= trend.slope_per_day);
  CHECK(trend.slope_high >= trend.slope_per_day);
  CHECK(trend.p_value < 0.001);
  REQUIRE(trend.limit);
  // 0.65 after a week; 0.35 more take seven days.
  const double days =
      static_cast<double>(trend.limit->reached_ns - kStart) / static_cast<double>(kDay);
  CHECK(days == Approx(14).margin(0.5));
  CHECK(trend.limit->earliest_ns <= trend.limit->reached_ns);
  REQUIRE(trend.forecast);
  CHECK(trend.forecast->low <= trend.forecast->value);
  CHECK(trend.forecast->value <= trend.forecast->high);
  CHECK(trend.forecast->value == Approx(1.0).margin(0.05));
}

TEST_CASE("trend: a leak of six hours is told, too", "[trend]") {
  Noise noise(3);
  TrendSeries series;
  series.limit = 1;
  for (std::int64_t minute = 0; minute < 360; minute++)
    series.points.push_back({kStart + minute * kMinute,
                             0.4 + 0.0005 * static_cast<double>(minute) + 0.005 * noise.next()});
  const Trend trend = find_trend(series, 0);
  CHECK(trend.direction == TrendDirection::kIncreasing);
  REQUIRE(trend.limit);
  const double hours =
      static_cast<double>(trend.limit->reached_ns - kStart) / static_cast<double>(kHour);
  CHECK(hours == Approx(20).margin(1));
  CHECK_FALSE(trend.pattern);
}

TEST_CASE("trend: a jump is told with its time and size, and the forecast starts from it",
          "[trend]") {
  Noise noise(4);
  const Trend trend = find_trend(series_of(7,
                                           [&](double day) {
                                             return (day < 4.3 ? 0.2 : 0.5) + 0.1 * daily(day) +
                                                    0.01 * noise.next();
                                           }),
                                 0);
  REQUIRE(trend.shifts.size() == 1);
  const LevelShift& shift = trend.shifts[0];
  CHECK(static_cast<double>(shift.time_ns - kStart) / static_cast<double>(kDay) ==
        Approx(4.3).margin(0.05));
  CHECK(shift.before == Approx(0.2).margin(0.02));
  CHECK(shift.after == Approx(0.5).margin(0.02));
  CHECK(trend.direction == TrendDirection::kIncreasing);
  REQUIRE(trend.forecast);
  const double ahead =
      static_cast<double>(trend.forecast->time_ns - kStart) / static_cast<double>(kDay);
  CHECK(trend.forecast->value == Approx(0.5 + 0.1 * daily(ahead)).margin(0.03));
  CHECK(trend.forecast->high - trend.forecast->low < 0.1);
}

TEST_CASE("trend: up and down again are two jumps", "[trend]") {
  Noise noise(5);
  const Trend trend = find_trend(
      series_of(7,
                [&](double day) { return (day > 2 && day < 4 ? 0.6 : 0.2) + 0.01 * noise.next(); }),
      0);
  REQUIRE(trend.shifts.size() == 2);
  CHECK(trend.shifts[0].after > trend.shifts[0].before);
  CHECK(trend.shifts[1].after < trend.shifts[1].before);
  CHECK(trend.direction == TrendDirection::kStable);
}

TEST_CASE("trend: what a rise means depends on the number", "[trend]") {
  TrendSeries series = series_of(7, [](double day) { return 10 + day; });
  series.meaning = TrendMeaning::kLowerBetter;
  CHECK(find_trend(series, 0).direction == TrendDirection::kDegrading);
  series.meaning = TrendMeaning::kHigherBetter;
  CHECK(find_trend(series, 0).direction == TrendDirection::kImproving);
  series.meaning = TrendMeaning::kLoad;
  CHECK(find_trend(series, 0).direction == TrendDirection::kIncreasing);
  series = series_of(7, [](double day) { return 10 - day; });
  CHECK(find_trend(series, 0).direction == TrendDirection::kDecreasing);
  series.meaning = TrendMeaning::kLowerBetter;
  CHECK(find_trend(series, 0).direction == TrendDirection::kImproving);
}

TEST_CASE("trend: little, nothing and always the same", "[trend]") {
  CHECK(find_trend(TrendSeries{}, 0).direction == TrendDirection::kUnknown);
  CHECK(find_trend(series_of(0.01, [](double) { return 1; }), 0).direction ==
        TrendDirection::kUnknown);
  const Trend flat = find_trend(series_of(7, [](double) { return 3; }), 0);
  CHECK(flat.direction == TrendDirection::kStable);
  CHECK(flat.slope_per_day == 0);
  CHECK(flat.shifts.empty());
  REQUIRE(flat.forecast);
  CHECK(flat.forecast->value == 3);
  const Trend one =
      find_trend(series_of(7, [](double day) { return day > 3 && day < 3.02 ? 90 : 0; }), 0);
  CHECK(one.direction == TrendDirection::kStable);
  CHECK(one.shifts.empty());
}

TEST_CASE("trend: days that were not watched do not disturb", "[trend]") {
  Noise noise(6);
  TrendSeries series =
      series_of(10, [&](double day) { return 1 + 0.1 * day + 0.02 * noise.next(); });
  std::erase_if(series.points, [](const TrendPoint& point) {
    const auto day = (point.time_ns - kStart) / kDay;
    return day == 3 || day == 4 || day == 7;
  });
  const Trend trend = find_trend(series, 0);
  CHECK(trend.direction == TrendDirection::kIncreasing);
  CHECK(trend.slope_per_day == Approx(0.1).epsilon(0.1));
}

TEST_CASE("trend: Theil and Sen's slope is not moved by outliers", "[trend]") {
  std::vector<double> x, y;
  for (int i = 0; i < 30; i++) {
    x.push_back(i);
    y.push_back(i % 5 == 0 ? 1000 : 2.0 * i + 1);
  }
  const RobustLine line = robust_line(x, y);
  CHECK(line.slope == Approx(2).margin(0.5));
}

TEST_CASE("trend: Mann and Kendall's test of ten values that rise", "[trend]") {
  // S = 45, its variance n (n - 1) (2 n + 5) / 18 = 125, z = (S - 1) / sqrt(variance).
  std::vector<double> x, y;
  for (int i = 0; i < 10; i++) x.push_back(i), y.push_back(i);
  CHECK(robust_line(x, y).p_value == Approx(std::erfc(44 / std::sqrt(125.0) / std::sqrt(2.0))));
}

}  // namespace
}  // namespace culprit
