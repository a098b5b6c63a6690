// SPDX-License-Identifier: Apache-2.0
#include "analyze/thresholds.h"

#include <algorithm>

namespace culprit {
namespace {

constexpr double kMostValue = 1e15;
constexpr double kPercent = 0.01;

constexpr ThresholdMetric kMetrics[] = {
    {"system_thresholds", "cpu_usage_percent", false, "cpu.saturated", "cpu.utilization_ratio",
     kPercent},
    {"system_thresholds", "memory_usage_percent", false, "memory.pressure", "memory.used_ratio",
     kPercent},
    {"system_thresholds", "disk_usage_percent", false, "disk.filling", "used_ratio", kPercent},
    {"service_thresholds", "response_time_seconds", false, "http.slow_endpoint",
     "latency.p95_seconds", 1},
    {"service_thresholds", "error_rate_percent", false, "http.error_rate", "error_ratio", kPercent},
    {"service_thresholds", "connection_pool_utilization", false, "db.pool_exhausted", "busy_ratio",
     kPercent},
    {"database_thresholds", "slow_queries_per_hour", false, "db.slow_query", "slow_calls", 1},
    {"database_thresholds", "cache_hit_ratio", true, "cache.low_hit_ratio", "cache.hit_ratio", 1},
    {"database_thresholds", "connection_count", false, "db.too_many_connections", "open", 1},
};

constexpr std::string_view kGroups[] = {"system_thresholds", "service_thresholds",
                                        "database_thresholds"};

std::string names_of(std::string_view group) {
  std::string list;
  for (const ThresholdMetric& metric : kMetrics)
    if (metric.group == group) list += (list.empty() ? "" : ", ") + std::string(metric.name);
  return list;
}

const ThresholdMetric* find_metric(std::string_view group, std::string_view name) {
  for (const ThresholdMetric& metric : kMetrics)
    if (metric.group == group && metric.name == name) return &metric;
  return nullptr;
}

Result<MetricLimit> compile_limit(const JsonPlace& place, const ThresholdMetric& metric) {
  MetricLimit limit{&metric, 0, 0, ""};
  if (const Status known = place.keys({"warning", "critical", "action"}, 2); !known)
    return tl::unexpected<Error>(known.error());
  for (auto [key, value] : {std::pair{"warning", &MetricLimit::warning},
                            std::pair{"critical", &MetricLimit::critical}}) {
    const auto number = place[key].number(0, kMostValue);
    if (!number) return tl::unexpected<Error>(number.error());
    limit.*value = *number;
  }
  if (metric.below ? limit.critical > limit.warning : limit.critical < limit.warning)
    return place["critical"].wrong(metric.below ? "a number not above warning was expected"
                                                : "a number not below warning was expected");
  if (!place.has("action")) return limit;
  const auto action = place.text("action");
  if (!action) return tl::unexpected<Error>(action.error());
  limit.action = *action;
  return limit;
}

}  // namespace

std::span<const ThresholdMetric> threshold_metrics() {
  return kMetrics;
}

bool is_threshold_file(const nlohmann::json& json) {
  return json.is_object() && std::any_of(std::begin(kGroups), std::end(kGroups), [&](auto name) {
           return json.contains(std::string(name));
         });
}

Result<std::vector<MetricLimit>> compile_thresholds(const JsonPlace& place) {
  if (const Status known = place.keys({kGroups[0], kGroups[1], kGroups[2]}); !known)
    return tl::unexpected<Error>(known.error());
  const auto groups = place.members();
  if (!groups) return tl::unexpected<Error>(groups.error());
  std::vector<MetricLimit> limits;
  for (const auto& [group, held] : *groups) {
    const auto metrics = held.members();
    if (!metrics) return tl::unexpected<Error>(metrics.error());
    for (const auto& [name, at] : *metrics) {
      const ThresholdMetric* metric = find_metric(group, name);
      if (!metric) return at.wrong("unknown metric; known are " + names_of(group));
      auto limit = compile_limit(at, *metric);
      if (!limit) return tl::unexpected<Error>(limit.error());
      limits.push_back(std::move(*limit));
    }
  }
  std::sort(limits.begin(), limits.end(),
            [](const MetricLimit& a, const MetricLimit& b) { return a.metric < b.metric; });
  return limits;
}

}  // namespace culprit
