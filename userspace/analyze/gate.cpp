// SPDX-License-Identifier: Apache-2.0
#include "analyze/gate.h"

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>

#include "analyze/number_text.h"

namespace culprit {
namespace {

using Json = nlohmann::json;
using Path = std::initializer_list<const char*>;

constexpr double kLeastReads = 100;    // of a cache before its ratio counts
constexpr double kLeastRequests = 20;  // before a share of errors counts
constexpr double kSlowSeconds = 1;

/// Absent where the document holds no number there.
std::optional<double> number_at(const Json& json, Path path) {
  const Json* at = &json;
  for (const char* key : path) {
    if (!at->is_object()) return std::nullopt;
    const auto found = at->find(key);
    if (found == at->end()) return std::nullopt;
    at = &*found;
  }
  return at->is_number() ? std::optional(at->get<double>()) : std::nullopt;
}

/// The rows of a list of the document; none where it has no such list.
const Json& rows_of(const Json& json, const char* key) {
  static const Json kNone = Json::array();
  if (!json.is_object()) return kNone;
  const auto found = json.find(key);
  return found != json.end() && found->is_array() ? *found : kNone;
}

/// The largest of what `value` tells of the rows.
template <typename Value>
std::optional<double> largest(const Json& rows, Value&& value) {
  std::optional<double> most;
  for (const Json& row : rows)
    if (const std::optional<double> told = value(row); told && (!most || *told > *most))
      most = told;
  return most;
}

std::optional<double> percent(std::optional<double> part, std::optional<double> whole,
                              double least_whole = 1) {
  if (!part || !whole || *whole < least_whole) return std::nullopt;
  return *part / *whole * 100;
}

std::optional<double> times_hundred(std::optional<double> ratio) {
  return ratio ? std::optional(*ratio * 100) : std::nullopt;
}

std::optional<double> disk_use(const Json& document) {
  if (!document.is_object() || !document.contains("system")) return std::nullopt;
  return largest(rows_of(document["system"], "filesystems"),
                 [](const Json& row) { return times_hundred(number_at(row, {"used_ratio"})); });
}

std::optional<double> response_time(const Json& document) {
  const auto p95 = [](const Json& row) { return number_at(row, {"latency", "p95_seconds"}); };
  return largest(rows_of(document, "endpoints"), p95);
}

std::optional<double> error_rate(const Json& document) {
  const auto rate = [](const Json& row) {
    return percent(number_at(row, {"errors"}), number_at(row, {"requests"}), kLeastRequests);
  };
  const auto endpoints = largest(rows_of(document, "endpoints"), rate);
  const auto services = largest(rows_of(document, "services"), rate);
  return !endpoints || services.value_or(-1) > *endpoints ? services : endpoints;
}

template <typename Value>
std::optional<double> largest_of_pools(const Json& document, Value&& value) {
  return largest(rows_of(document, "databases"),
                 [&](const Json& row) { return largest(rows_of(row, "pools"), value); });
}

/// Calls of 1 s and longer, at least so many; those seen, for in a shorter time no more than
/// those are known of the hour, and per hour where the document spans more.
std::optional<double> slow_queries(const Json& document) {
  const auto seconds = number_at(document, {"interval", "seconds"});
  const Json& rows = rows_of(document, "queries");
  if (!seconds || rows.empty()) return std::nullopt;
  double slow = 0;
  for (const Json& row : rows) {
    if (row.is_object() && row.value("waits", Json()) == true) continue;
    const auto at = [&](const char* name) {
      return number_at(row, {"latency", name}).value_or(0) >= kSlowSeconds;
    };
    if (!at("max_seconds")) continue;
    const double share = at("p50_seconds") ? 0.5 : at("p95_seconds") ? 0.05 : 0.01;
    slow += std::max(1.0, number_at(row, {"latency", "count"}).value_or(0) * share);
  }
  return slow / std::max(1.0, *seconds / 3600);
}

std::optional<double> hit_ratio(const Json& document) {
  const auto lowest = largest(rows_of(document, "databases"), [](const Json& row) {
    const auto hits = number_at(row, {"cache", "hits"});
    const auto misses = number_at(row, {"cache", "misses"});
    if (!hits || !misses || *hits + *misses < kLeastReads) return std::optional<double>();
    return std::optional(-*hits / (*hits + *misses));
  });
  return lowest ? std::optional(-*lowest) : std::nullopt;
}

std::optional<double> value_of(const Json& document, std::string_view metric) {
  if (metric == "cpu_usage_percent")
    return times_hundred(number_at(document, {"system", "cpu", "utilization_ratio"}));
  if (metric == "memory_usage_percent")
    return times_hundred(number_at(document, {"system", "memory", "used_ratio"}));
  if (metric == "disk_usage_percent") return disk_use(document);
  if (metric == "response_time_seconds") return response_time(document);
  if (metric == "error_rate_percent") return error_rate(document);
  if (metric == "connection_pool_utilization")
    return largest_of_pools(document, [](const Json& row) {
      return percent(number_at(row, {"busy_mean"}), number_at(row, {"open"}), 3);
    });
  if (metric == "slow_queries_per_hour") return slow_queries(document);
  if (metric == "cache_hit_ratio") return hit_ratio(document);
  if (metric == "connection_count")
    return largest_of_pools(document, [](const Json& row) { return number_at(row, {"open"}); });
  return std::nullopt;
}

std::optional<Severity> crossed(const MetricLimit& limit, double value) {
  const auto beyond = [&](double bound) {
    return limit.metric->below ? value <= bound : value >= bound;
  };
  if (beyond(limit.critical)) return Severity::kCritical;
  if (beyond(limit.warning)) return Severity::kWarning;
  return std::nullopt;
}

std::string crossing_text(const Measured& measured) {
  const MetricLimit& limit = *measured.limit;
  const double bound = measured.severity == Severity::kCritical ? limit.critical : limit.warning;
  std::string text =
      std::string(limit.metric->name) + " " + number_text(measured.value.value_or(0), Unit::kNone) +
      " is " + number_text(bound, Unit::kNone) + (limit.metric->below ? " or less" : " or more");
  if (!limit.action.empty()) text += ": " + limit.action;
  return text;
}

std::string crossings(std::span<const Measured> all, Severity severity) {
  std::string list;
  for (const Measured& measured : all)
    if (measured.severity == severity) list += (list.empty() ? "" : "; ") + crossing_text(measured);
  return list;
}

}  // namespace

std::vector<Measured> measure(const Json& document, std::span<const MetricLimit> limits) {
  std::vector<Measured> all;
  for (const MetricLimit& limit : limits) {
    Measured measured{&limit, value_of(document, limit.metric->name), {}};
    if (measured.value) measured.severity = crossed(limit, *measured.value);
    all.push_back(measured);
  }
  return all;
}

bool fails(std::span<const Measured> measured) {
  const auto critical = [](const Measured& one) { return one.severity == Severity::kCritical; };
  const auto told = [](const Measured& one) { return one.value.has_value(); };
  return std::any_of(measured.begin(), measured.end(), critical) ||
         std::none_of(measured.begin(), measured.end(), told);
}

std::string gate_verdict(std::span<const Measured> measured) {
  const auto told = std::count_if(measured.begin(), measured.end(),
                                  [](const Measured& one) { return one.value.has_value(); });
  if (told == 0) return "FAIL: nothing of what the thresholds name was measured";
  const std::string critical = crossings(measured, Severity::kCritical);
  const std::string warnings = crossings(measured, Severity::kWarning);
  const std::string counted =
      std::to_string(told) + " of " + std::to_string(measured.size()) + " thresholds measured";
  if (!critical.empty())
    return "FAIL: " + critical + (warnings.empty() ? "" : "; warning: " + warnings);
  if (!warnings.empty()) return "PASS: " + counted + ", none critical; warning: " + warnings;
  return "PASS: " + counted + ", none crossed";
}

}  // namespace culprit
