// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/json_place.h"
#include "util/result.h"

namespace culprit {

/// A metric that files of thresholds name, and where culprit measures it.
struct ThresholdMetric {
  std::string_view group;  ///< "system_thresholds"
  std::string_view name;   ///< "cpu_usage_percent"
  bool below = false;      ///< crossed when it falls
  std::string_view rule;   ///< finding whose thresholds it sets …
  std::string_view field;  ///< … on this field of the rule's table …
  double scale = 1;        ///< … in units of which one is this much of it
};

std::span<const ThresholdMetric> threshold_metrics();

/// One entry of such a file.
struct MetricLimit {
  const ThresholdMetric* metric = nullptr;
  double warning = 0, critical = 0;
  std::string action;  ///< "" when the file names none
};

/// True of {"system_thresholds": …} and its like.
bool is_threshold_file(const nlohmann::json& json);
/// Reads {"system_thresholds": {"cpu_usage_percent": {"warning": 70, "critical": 90,
/// "action": "scale_up"}, …}, "service_thresholds": …, "database_thresholds": …}; in the order of
/// threshold_metrics().
Result<std::vector<MetricLimit>> compile_thresholds(const JsonPlace& place);

}  // namespace culprit
