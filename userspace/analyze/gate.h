// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analyze/thresholds.h"
#include "model/finding.h"

namespace culprit {

/// A metric of a document against its limit.
struct Measured {
  const MetricLimit* limit = nullptr;
  std::optional<double> value;       ///< absent: the document does not tell it
  std::optional<Severity> severity;  ///< warning or critical when crossed
};

/// Holds a document culprit.snapshot/1, which may be anything, against limits; in their order.
std::vector<Measured> measure(const nlohmann::json& document, std::span<const MetricLimit> limits);

/// A critical limit is crossed, or there was nothing to hold against any.
bool fails(std::span<const Measured> measured);

/// One line: "FAIL: cpu_usage_percent 93 is 90 or more: scale_up".
std::string gate_verdict(std::span<const Measured> measured);

}  // namespace culprit
