// SPDX-License-Identifier: Apache-2.0
#include "view/trend_report.h"

#include <algorithm>
#include <cmath>

#include "util/utf8.h"
#include "util/when.h"
#include "view/format.h"
#include "view/glyph.h"
#include "view/plot.h"
#include "view/text_line.h"

namespace culprit {
namespace {

constexpr std::size_t kTextBytes = 160;
constexpr double kSeenPattern = 0.3;  // of the variation: below it no pattern is told

std::string plain(std::string_view text) {
  std::string out;
  while (const auto glyph = next_glyph(text)) append_utf8(out, glyph->character);
  return shortened(out, kTextBytes);
}

std::string value_text(const TrendSeries& series, double value) {
  if (series.unit == "ratio" || series.unit == "seconds per second")
    return format_percent(value * 100) + " %";
  if (series.unit == "seconds") return format_latency(value);
  if (series.unit.starts_with("bytes"))
    return format_bytes(value) + (series.unit == "bytes" ? "" : "/s");
  return format_count(value) + (series.unit == "1 per second" ? "/s" : "");
}

std::string change_text(double before, double after) {
  if (before == 0) return "";
  const double percent = 100 * (after - before) / std::fabs(before);
  return " (" + std::string(percent >= 0 ? "+" : "") + std::to_string(std::lround(percent)) + " %)";
}

std::string in_text(std::int64_t now_ns, std::int64_t then_ns) {
  return format_duration(static_cast<double>(then_ns - now_ns) / 1e9);
}

void write_shift(std::string& out, const TrendSeries& series, const LevelShift& shift) {
  line(out, "      jumped at %s from %s to %s%s", local_time(shift.time_ns).c_str(),
       value_text(series, shift.before).c_str(), value_text(series, shift.after).c_str(),
       change_text(shift.before, shift.after).c_str());
  for (const TrendCause& cause : shift.causes)
    line(out, "        then: %s %s: %s", plain(cause.kind).c_str(), plain(cause.name).c_str(),
         plain(cause.what).c_str());
}

void write_pattern(std::string& out, const TrendSeries& series, const DailyPattern& pattern) {
  const auto [low, high] = std::minmax_element(pattern.by_hour.begin(), pattern.by_hour.end());
  std::string drawn;
  for (const double value : pattern.by_hour)
    drawn += level_glyph(*high > *low ? (value - *low) / (*high - *low) : 0);
  line(out, "      by hour of the day %s most at %02d:00, %s above the least", drawn.c_str(),
       static_cast<int>(high - pattern.by_hour.begin()), value_text(series, *high - *low).c_str());
}

void write_trend(std::string& out, const NamedTrend& named, std::int64_t now_ns, bool utf8) {
  const auto& [series, trend] = named;
  line(out, "%-11s %s: %s, was %s%s", std::string(direction_name(trend.direction)).c_str(),
       plain(series.metric).c_str(), value_text(series, trend.last).c_str(),
       value_text(series, trend.first).c_str(), change_text(trend.first, trend.last).c_str());
  for (const LevelShift& shift : trend.shifts) write_shift(out, series, shift);
  if (trend.limit)
    line(out, "      reaches %s in %s, at the earliest in %s, if it goes on like this",
         value_text(series, trend.limit->value).c_str(),
         in_text(now_ns, trend.limit->reached_ns).c_str(),
         in_text(now_ns, trend.limit->earliest_ns).c_str());
  if (trend.forecast && trend.direction != TrendDirection::kStable)
    line(out, "      in %s: %s, with 90 %% confidence %s to %s",
         in_text(now_ns, trend.forecast->time_ns).c_str(),
         value_text(series, trend.forecast->value).c_str(),
         value_text(series, trend.forecast->low).c_str(),
         value_text(series, trend.forecast->high).c_str());
  if (utf8 && trend.pattern && trend.pattern->explains >= kSeenPattern)
    write_pattern(out, series, *trend.pattern);
}

}  // namespace

std::string trend_report(const HistoryTrends& trends, bool utf8) {
  std::string out;
  const double span = static_cast<double>(trends.span.until_ns - trends.span.since_ns) / 1e9;
  line(out, "%s to %s (%s): %s, of which %s were watched", local_time(trends.span.since_ns).c_str(),
       local_time(trends.span.until_ns).c_str(), local_zone(trends.span.until_ns).c_str(),
       format_duration(span).c_str(), format_duration(trends.watched_seconds).c_str());
  out += '\n';
  std::vector<const NamedTrend*> order;
  for (const NamedTrend& one : trends.trends) order.push_back(&one);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    const auto rank = [](const NamedTrend& one) {
      if (one.trend.limit) return 0;
      if (one.trend.direction == TrendDirection::kDegrading) return 1;
      if (one.trend.direction == TrendDirection::kUnknown) return 4;
      return one.trend.direction == TrendDirection::kStable && one.trend.shifts.empty() ? 3 : 2;
    };
    return rank(*a) < rank(*b);
  });
  std::string unknown;
  for (const NamedTrend* one : order) {
    if (one->trend.direction == TrendDirection::kUnknown)
      unknown += (unknown.empty() ? "" : ", ") + plain(one->series.metric);
    else
      write_trend(out, *one, trends.span.until_ns, utf8);
  }
  if (!unknown.empty()) out += "not watched for long enough to tell: " + unknown + "\n";
  return out;
}

}  // namespace culprit
