// SPDX-License-Identifier: Apache-2.0
#include "serve/metric_fields.h"

#include <algorithm>

namespace culprit {
namespace {

constexpr std::string_view kBlocked = "blocked_seconds.";

std::string_view unit_name(Unit unit) {
  switch (unit) {
    case Unit::kSeconds:
    case Unit::kLatency:
      return "seconds";
    case Unit::kCores:
      return "cores";
    case Unit::kRatio:
      return "ratio";
    case Unit::kBytes:
      return "bytes";
    case Unit::kBytesPerHour:
      return "bytes_per_hour";
    case Unit::kNanoseconds:
      return "ns";
    case Unit::kNone:
    case Unit::kCount:
      return "";
  }
  return "";
}

/// "…latency.p50_seconds" without its statistic, which it hands over.
bool split_latency(std::string& id, std::string& statistic) {
  constexpr std::string_view kLatency = "latency.", kSeconds = "_seconds";
  const std::size_t at = id.find(kLatency);
  if (at == std::string::npos || !id.ends_with(kSeconds)) return false;
  const std::size_t start = at + kLatency.size();
  statistic = id.substr(start, id.size() - kSeconds.size() - start);
  id = id.substr(0, start - 1) + std::string(kSeconds);
  return true;
}

}  // namespace

std::optional<MetricName> metric_name(std::string_view prefix, std::string_view id, Unit unit,
                                      FieldKind kind, std::string_view help) {
  if (kind == FieldKind::kLabel || id == "cpu_seconds") return std::nullopt;
  MetricName name;
  name.family.help = help;
  std::string path(id);
  if (id.starts_with(kBlocked)) {
    name.label = "reason";
    name.label_value = id.substr(kBlocked.size());
    name.family.help = "time that threads were blocked, by reason";
    path = kBlocked.substr(0, kBlocked.size() - 1);
  } else if (split_latency(path, name.label_value)) {
    name.label = "statistic";
    name.family.help = "how long one took";
  }
  std::string text = std::string(prefix) + path;
  std::replace(text.begin(), text.end(), '.', '_');
  name.family.unit = unit_name(unit);
  name.family.type = "gauge";
  constexpr std::string_view kTotal = "_total";
  if (text.ends_with(kTotal)) {  // counted since the start: the one true counter
    text.resize(text.size() - kTotal.size());
    name.family.type = "counter";
  } else if (kind == FieldKind::kCounter) {
    name.per_second = true;
    text += "_per_second";
    name.family.unit += name.family.unit.empty() ? "per_second" : "_per_second";
  }
  if (!text.ends_with("_" + name.family.unit)) name.family.unit.clear();
  name.family.name = std::move(text);
  return name;
}

}  // namespace culprit
