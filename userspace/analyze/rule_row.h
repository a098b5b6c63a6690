// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyze/rule_engine.h"

namespace culprit {

/// One row that a rule looks at. Points into all that it is made of.
struct RuleRow {
  const Rule& rule;
  const Situation& situation;
  std::size_t row = 0;
  const RuleEngine::Memory* memory = nullptr;  ///< nullptr: nothing is remembered

  bool has_minimum() const;
  /// The worst severity at which the condition holds. An active finding's thresholds are
  /// those for clearing, where a rule has them.
  std::optional<Severity> severity() const;
  Target target() const;
  std::vector<Target> victims() const;
  Verdict verdict(Severity severity, std::int64_t since_wall_ns) const;

 private:
  /// Each severity is a bit.
  using Severities = unsigned;

  Severities holding(const Condition& condition, bool strict) const;
  Severities holding(const Comparison& comparison, bool strict) const;
  std::optional<double> number(const Comparison& comparison) const;
  std::optional<double> bound(const Comparison& comparison, Severity severity, bool strict) const;
  void add_evidence(const Condition& condition, Severity severity, bool strict,
                    std::vector<Evidence>& evidence) const;
  /// Absent where a value that it needs is.
  std::optional<std::string> text(const Template& text) const;
  Recommendation recommendation(const Advice& advice, const Finding& finding) const;
};

}  // namespace culprit
