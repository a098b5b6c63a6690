// SPDX-License-Identifier: Apache-2.0
#include "serve/json_trends.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "util/rfc3339.h"

namespace culprit {
namespace {

using Json = nlohmann::ordered_json;

double seconds_between(std::int64_t from_ns, std::int64_t to_ns) {
  return static_cast<double>(to_ns - from_ns) / 1e9;
}

/// How much more than before; null where there was nothing before.
Json percent(double before, double after) {
  return before == 0 ? Json() : Json(100 * (after - before) / std::fabs(before));
}

Json shift_json(const LevelShift& shift) {
  Json causes = Json::array();
  for (const TrendCause& cause : shift.causes)
    causes.push_back({{"kind", cause.kind}, {"name", cause.name}, {"what", cause.what}});
  return {{"at", rfc3339(shift.time_ns)},
          {"from", shift.before},
          {"to", shift.after},
          {"change_percent", percent(shift.before, shift.after)},
          {"possible_causes", std::move(causes)}};
}

Json forecast_json(const TrendForecast& forecast, std::int64_t now_ns) {
  return {{"at", rfc3339(forecast.time_ns)},
          {"horizon_seconds", seconds_between(now_ns, forecast.time_ns)},
          {"value", forecast.value},
          {"low", forecast.low},
          {"high", forecast.high},
          {"confidence", kForecastConfidence}};
}

Json limit_json(const TrendLimit& limit, std::int64_t now_ns) {
  Json json = {{"value", limit.value},
               {"reached_at", rfc3339(limit.reached_ns)},
               {"in_seconds", seconds_between(now_ns, limit.reached_ns)},
               {"earliest_in_seconds", seconds_between(now_ns, limit.earliest_ns)}};
  json["latest_in_seconds"] =
      limit.latest_ns ? Json(seconds_between(now_ns, *limit.latest_ns)) : Json();
  return json;
}

Json trend_json(const NamedTrend& named, std::int64_t now_ns) {
  const auto& [series, trend] = named;
  Json json = {{"metric", series.metric},
               {"unit", series.unit},
               {"direction", direction_name(trend.direction)}};
  const bool known = trend.direction != TrendDirection::kUnknown;
  json["from"] = known ? Json(trend.first) : Json();
  json["to"] = known ? Json(trend.last) : Json();
  json["change_percent"] = known ? percent(trend.first, trend.last) : Json();
  json["slope_per_day"] = known ? Json(trend.slope_per_day) : Json();
  json["slope_per_day_low"] = known ? Json(trend.slope_low) : Json();
  json["slope_per_day_high"] = known ? Json(trend.slope_high) : Json();
  json["p_value"] = known ? Json(trend.p_value) : Json();
  Json& shifts = json["significant_changes"] = Json::array();
  for (const LevelShift& shift : trend.shifts) shifts.push_back(shift_json(shift));
  json["daily_pattern"] = nullptr;
  if (trend.pattern)
    json["daily_pattern"] = {{"by_hour", trend.pattern->by_hour},
                             {"explains_ratio", trend.pattern->explains}};
  json["forecast"] = trend.forecast ? forecast_json(*trend.forecast, now_ns) : Json();
  json["limit"] = trend.limit ? limit_json(*trend.limit, now_ns) : Json();
  return json;
}

}  // namespace

std::string trends_json(const HistoryTrends& trends) {
  Json json;
  json["schema"] = "culprit.trends/1";
  const Json host = Json::parse(trends.host, nullptr, false);
  json["host"] = host.is_object() ? host : Json();
  json["since"] = rfc3339(trends.span.since_ns);
  json["until"] = rfc3339(trends.span.until_ns);
  json["days"] = seconds_between(trends.span.since_ns, trends.span.until_ns) / 86'400;
  json["watched_seconds"] = trends.watched_seconds;
  Json& list = json["trends"] = Json::array();
  for (const NamedTrend& one : trends.trends) list.push_back(trend_json(one, trends.span.until_ns));
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace culprit
