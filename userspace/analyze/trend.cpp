// SPDX-License-Identifier: Apache-2.0
#include "analyze/trend.h"

#include <algorithm>
#include <cmath>

#include "analyze/rank_tests.h"
#include "util/median.h"

namespace culprit {
namespace {

constexpr std::int64_t kHour = 3'600'000'000'000, kDay = 24 * kHour;
constexpr double kDaySeconds = 86'400, kNanosecond = 1e-9;
constexpr std::size_t kLeastBlocks = 12;
constexpr std::int64_t kMostBlocks = 48;  // of less than two days
constexpr double kSignificant = 0.01;     // many numbers are looked at each time
constexpr double kLeastRelative = 0.05;   // of the level: less is no change
constexpr double kLeastJump = 0.10;       // of the level before
constexpr double kJumpSpreads = 2;        // a jump stands out of what is left
constexpr double kStepAdvantage = 0.85;   // a jump explains this much better than a slope
constexpr int kMostDepth = 3;             // of jumps within what is before or after a jump
constexpr std::int64_t kHorizon = 7 * kDay;
constexpr std::int64_t kFarthestLimit = 365 * kDay;

/// Points merged to blocks: by the hour, of less than two days to 48 of equal length.
std::vector<TrendPoint> blocks_of(const std::vector<TrendPoint>& points) {
  std::vector<TrendPoint> blocks;
  if (points.empty()) return blocks;
  const std::int64_t span = points.back().time_ns - points.front().time_ns;
  const std::int64_t length =
      span >= 2 * kDay ? kHour : std::max<std::int64_t>(span / kMostBlocks, 1);
  std::int64_t current = 0, count = 0;
  for (const TrendPoint& point : points) {
    const std::int64_t number = point.time_ns / length;
    if (blocks.empty() || number != current) {
      blocks.push_back({number * length + length / 2, 0});
      current = number;
      count = 0;
    }
    TrendPoint& block = blocks.back();
    block.value += (point.value - block.value) / static_cast<double>(++count);
  }
  return blocks;
}

std::size_t hour_of(std::int64_t time_ns, int zone_seconds) {
  const std::int64_t local = time_ns + std::int64_t{zone_seconds} * 1'000'000'000;
  return static_cast<std::size_t>(((local % kDay) + kDay) % kDay / kHour);
}

double deviation(const std::vector<double>& values) {
  std::vector<double> sizes;
  for (const double value : values) sizes.push_back(std::fabs(value));
  return median(std::move(sizes));
}

/// The slope between blocks of the same hour on different days, per nanosecond: a day's course does
/// not show in it (Hirsch and Slack's seasonal slope).
double slope_between_days(const std::vector<TrendPoint>& blocks, int zone_seconds) {
  std::array<std::vector<const TrendPoint*>, 24> by_hour;
  for (const TrendPoint& block : blocks)
    by_hour[hour_of(block.time_ns, zone_seconds)].push_back(&block);
  std::vector<double> slopes;
  for (const auto& same : by_hour)
    for (std::size_t i = 0; i < same.size(); i++)
      for (std::size_t j = i + 1; j < same.size(); j++)
        slopes.push_back((same[j]->value - same[i]->value) /
                         static_cast<double>(same[j]->time_ns - same[i]->time_ns));
  return median(std::move(slopes));
}

/// What each hour differs from its day by, where most hours were seen on three days or more.
std::optional<DailyPattern> pattern_of(const std::vector<TrendPoint>& blocks, int zone_seconds) {
  if (blocks.empty() || blocks.back().time_ns - blocks.front().time_ns < 3 * kDay - kHour)
    return std::nullopt;
  std::array<std::vector<double>, 24> by_hour;
  std::vector<double> all;
  // A rise within each day is of the trend, not of the day's course.
  const double slope = slope_between_days(blocks, zone_seconds);
  const auto level = [&](const TrendPoint& block) {
    return block.value - slope * static_cast<double>(block.time_ns - blocks.front().time_ns);
  };
  for (std::size_t begin = 0; begin < blocks.size();) {
    const auto day_of = [&](std::size_t i) {
      return (blocks[i].time_ns + std::int64_t{zone_seconds} * 1'000'000'000) / kDay;
    };
    std::size_t end = begin;
    std::vector<double> day;
    for (; end < blocks.size() && day_of(end) == day_of(begin); end++)
      day.push_back(level(blocks[end]));
    // A part of a day has no median that the others could be held against.
    if (day.size() >= 20) {
      const double middle = median(day);
      for (std::size_t i = begin; i < end; i++) {
        by_hour[hour_of(blocks[i].time_ns, zone_seconds)].push_back(level(blocks[i]) - middle);
        all.push_back(level(blocks[i]) - middle);
      }
    }
    begin = end;
  }
  DailyPattern pattern;
  std::vector<double> left;
  for (std::size_t hour = 0; hour < 24; hour++) {
    if (by_hour[hour].size() < 2) return std::nullopt;
    pattern.by_hour[hour] = median(by_hour[hour]);
    for (const double value : by_hour[hour]) left.push_back(value - pattern.by_hour[hour]);
  }
  const double before = deviation(all), after = deviation(left);
  pattern.explains = before > 0 ? std::clamp(1 - after / before, 0.0, 1.0) : 0;
  return pattern;
}

struct Values {
  std::vector<double> x;  ///< days since the first
  std::vector<double> y;  ///< without the daily pattern

  std::span<const double> x_of(std::size_t from, std::size_t to) const {
    return std::span(x).subspan(from, to - from);
  }
  std::span<const double> y_of(std::size_t from, std::size_t to) const {
    return std::span(y).subspan(from, to - from);
  }
};

double distance_to(std::span<const double> values, double level) {
  double sum = 0;
  for (const double value : values) sum += std::fabs(value - level);
  return sum;
}

double middle_of(std::span<const double> values) {
  return median({values.begin(), values.end()});
}

/// True when two levels tell the values much better than one line does.
bool is_step(const Values& values, std::size_t from, std::size_t at, std::size_t to) {
  const double step = distance_to(values.y_of(from, at), middle_of(values.y_of(from, at))) +
                      distance_to(values.y_of(at, to), middle_of(values.y_of(at, to)));
  const RobustLine line = robust_line(values.x_of(from, to), values.y_of(from, to));
  double ramp = 0;
  for (std::size_t i = from; i < to; i++) ramp += std::fabs(values.y[i] - line.at(values.x[i]));
  return step < kStepAdvantage * ramp;
}

/// Places at which a level may jump, in order: the likeliest of the whole, then of what is before
/// and after it. A level that came and went is found so, though the whole does not jump.
void find_candidates(const Values& values, std::size_t from, std::size_t to, int depth,
                     std::vector<std::size_t>& found) {
  const std::size_t least = std::max<std::size_t>(4, values.y.size() / 20);
  if (depth == 0 || to - from < 2 * least) return;
  const std::size_t at =
      std::clamp(from + likeliest_jump(values.y_of(from, to)).at, from + least, to - least);
  find_candidates(values, from, at, depth - 1, found);
  found.push_back(at);
  find_candidates(values, at, to, depth - 1, found);
}

/// True when the level jumps there, and by so much that it stands out.
bool is_jump(const TrendSeries& series, const Values& values, std::size_t from, std::size_t at,
             std::size_t to) {
  const double before = middle_of(values.y_of(from, at)), after = middle_of(values.y_of(at, to));
  const double size = std::fabs(after - before);
  if (size <= 0 || size < std::max(series.least_change, kLeastJump * std::fabs(before)))
    return false;
  if (likeliest_jump(values.y_of(from, to)).p_value > kSignificant) return false;
  std::vector<double> left;
  for (std::size_t i = from; i < to; i++) left.push_back(values.y[i] - (i < at ? before : after));
  return size >= kJumpSpreads * 1.4826 * deviation(left) && is_step(values, from, at, to);
}

/// The candidates that are jumps between the levels around them; what is none is taken away, the
/// weakest first, which joins the levels around it.
std::vector<std::size_t> find_jumps(const TrendSeries& series, const Values& values) {
  std::vector<std::size_t> jumps;
  find_candidates(values, 0, values.y.size(), kMostDepth, jumps);
  for (;;) {
    std::optional<std::size_t> worst;
    double least = INFINITY;
    for (std::size_t number = 0; number < jumps.size(); number++) {
      const std::size_t from = number > 0 ? jumps[number - 1] : 0;
      const std::size_t to = number + 1 < jumps.size() ? jumps[number + 1] : values.y.size();
      if (is_jump(series, values, from, jumps[number], to)) continue;
      const double size = std::fabs(middle_of(values.y_of(from, jumps[number])) -
                                    middle_of(values.y_of(jumps[number], to)));
      if (size > least) continue;
      least = size;
      worst = number;
    }
    if (!worst) return jumps;
    jumps.erase(jumps.begin() + static_cast<std::ptrdiff_t>(*worst));
  }
}

/// The moment of a jump among the points around the place that the blocks gave.
std::int64_t moment_of(const TrendSeries& series, std::int64_t about_ns, std::int64_t reach_ns,
                       double before, double after) {
  std::vector<TrendPoint> near;
  for (const TrendPoint& point : series.points)
    if (std::llabs(point.time_ns - about_ns) <= reach_ns) near.push_back(point);
  std::int64_t best_ns = about_ns;
  double best = INFINITY;
  for (std::size_t at = 1; at < near.size(); at++) {
    double sum = 0;
    for (std::size_t i = 0; i < near.size(); i++)
      sum += std::fabs(near[i].value - (i < at ? before : after));
    if (sum < best) {
      best = sum;
      best_ns = (near[at - 1].time_ns + near[at].time_ns) / 2;
    }
  }
  return best_ns;
}

std::vector<LevelShift> shifts_of(const TrendSeries& series, const std::vector<TrendPoint>& blocks,
                                  const Values& values, const std::vector<std::size_t>& jumps) {
  std::vector<LevelShift> shifts;
  for (std::size_t number = 0; number < jumps.size(); number++) {
    const std::size_t from = number > 0 ? jumps[number - 1] : 0;
    const std::size_t to = number + 1 < jumps.size() ? jumps[number + 1] : values.y.size();
    LevelShift shift;
    shift.before = middle_of(values.y_of(from, jumps[number]));
    shift.after = middle_of(values.y_of(jumps[number], to));
    const std::int64_t left = blocks[jumps[number] - 1].time_ns,
                       right = blocks[jumps[number]].time_ns;
    shift.time_ns =
        moment_of(series, left + (right - left) / 2, 2 * (right - left), shift.before, shift.after);
    shifts.push_back(shift);
  }
  return shifts;
}

TrendDirection direction_of(const TrendSeries& series, double change) {
  switch (series.meaning) {
    case TrendMeaning::kLoad:
      return change > 0 ? TrendDirection::kIncreasing : TrendDirection::kDecreasing;
    case TrendMeaning::kLowerBetter:
      return change > 0 ? TrendDirection::kDegrading : TrendDirection::kImproving;
    case TrendMeaning::kHigherBetter:
      return change > 0 ? TrendDirection::kImproving : TrendDirection::kDegrading;
  }
  return TrendDirection::kStable;
}

bool is_change(const TrendSeries& series, double change, double level) {
  return std::fabs(change) >= std::max(series.least_change, kLeastRelative * std::fabs(level));
}

/// Quantiles of what the line leaves, 5 % and 95 %.
std::pair<double, double> spread_of(std::vector<double> left) {
  std::sort(left.begin(), left.end());
  const auto last = static_cast<double>(left.size() - 1);
  return {left[static_cast<std::size_t>(std::floor(0.05 * last))],
          left[static_cast<std::size_t>(std::ceil(0.95 * last))]};
}

double within(const TrendSeries& series, double value) {
  return std::clamp(value, 0.0, series.limit.value_or(INFINITY));
}

/// Goes on from the newest level, with its slope where it surely has one.
void look_ahead(const TrendSeries& series, const std::vector<TrendPoint>& blocks,
                const Values& values, std::size_t from, int zone_seconds, Trend& trend) {
  RobustLine line =
      robust_line(values.x_of(from, values.x.size()), values.y_of(from, values.y.size()));
  const double now = values.x.back(), watched = now - values.x[from];
  const bool moves =
      line.p_value < kSignificant && is_change(series, line.slope * watched, line.at(now));
  if (!moves) line = {.middle = middle_of(values.y_of(from, values.y.size()))};
  std::vector<double> left;
  for (std::size_t i = from; i < values.y.size(); i++)
    left.push_back(values.y[i] - line.at(values.x[i]));
  const auto [below, above] = spread_of(std::move(left));
  const std::int64_t end = blocks.back().time_ns;
  const std::int64_t ahead_ns =
      std::min(kHorizon, static_cast<std::int64_t>(watched * static_cast<double>(kDay)));
  const double ahead = static_cast<double>(ahead_ns) * kNanosecond / kDaySeconds;
  TrendForecast& forecast = trend.forecast.emplace();
  forecast.time_ns = end + ahead_ns;
  const double usual =
      trend.pattern ? trend.pattern->by_hour[hour_of(forecast.time_ns, zone_seconds)] : 0;
  forecast.value = within(series, line.at(now + ahead) + usual);
  forecast.low = within(series, line.at(now) + line.low * ahead + usual + below);
  forecast.high = within(series, line.at(now) + line.high * ahead + usual + above);
  if (!moves || !series.limit || line.slope <= 0) return;
  const double room = *series.limit - line.at(now);
  const auto reached = [&](double slope) {
    return end + static_cast<std::int64_t>(std::min(std::max(room, 0.0) / slope, 36'500.0) *
                                           static_cast<double>(kDay));
  };
  if (reached(line.slope) - end > kFarthestLimit) return;
  TrendLimit& limit = trend.limit.emplace();
  limit.value = *series.limit;
  limit.reached_ns = reached(line.slope);
  limit.earliest_ns = reached(std::max(line.high, line.slope));
  if (line.low > 0) limit.latest_ns = reached(line.low);
}

}  // namespace

std::string_view direction_name(TrendDirection direction) {
  switch (direction) {
    case TrendDirection::kUnknown:
      return "unknown";
    case TrendDirection::kStable:
      return "stable";
    case TrendDirection::kIncreasing:
      return "increasing";
    case TrendDirection::kDecreasing:
      return "decreasing";
    case TrendDirection::kImproving:
      return "improving";
    case TrendDirection::kDegrading:
      return "degrading";
  }
  return "unknown";
}

Trend find_trend(const TrendSeries& series, int zone_seconds) {
  Trend trend;
  const std::vector<TrendPoint> blocks = blocks_of(series.points);
  if (blocks.size() < kLeastBlocks) return trend;
  trend.pattern = pattern_of(blocks, zone_seconds);
  Values values;
  for (const TrendPoint& block : blocks) {
    values.x.push_back(static_cast<double>(block.time_ns - blocks.front().time_ns) * kNanosecond /
                       kDaySeconds);
    values.y.push_back(
        block.value -
        (trend.pattern ? trend.pattern->by_hour[hour_of(block.time_ns, zone_seconds)] : 0));
  }
  const RobustLine line = robust_line(values.x, values.y);
  trend.slope_per_day = line.slope;
  trend.slope_low = line.low;
  trend.slope_high = line.high;
  trend.p_value = line.p_value;
  const std::vector<std::size_t> jumps = find_jumps(series, values);
  trend.shifts = shifts_of(series, blocks, values, jumps);
  // Levels tell the ends better than a line that was laid through a jump.
  trend.first = trend.shifts.empty() ? line.at(values.x.front()) : trend.shifts.front().before;
  trend.last = trend.shifts.empty() ? line.at(values.x.back()) : trend.shifts.back().after;
  const double change = trend.last - trend.first;
  const bool sure = line.p_value < kSignificant || !trend.shifts.empty();
  trend.direction = sure && is_change(series, change, trend.first) ? direction_of(series, change)
                                                                   : TrendDirection::kStable;
  std::size_t from = jumps.empty() ? 0 : jumps.back();
  if (values.y.size() - from < kLeastBlocks / 2) from = 0;
  look_ahead(series, blocks, values, from, zone_seconds, trend);
  return trend;
}

}  // namespace culprit
