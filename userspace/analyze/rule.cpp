// SPDX-License-Identifier: Apache-2.0
#include "analyze/rule.h"

#include <algorithm>

#include "analyze/number_text.h"

namespace culprit {

std::string FieldRef::name() const {
  return std::string(table->name()) + "." + std::string(info().id) + (per_second ? "/s" : "");
}

Value FieldRef::value(const Situation& situation, std::size_t row) const {
  if (!per_second) return table->value(situation, of_host ? 0 : row, field);
  const auto amount = number(situation, row);
  return amount ? Value(*amount) : Value();
}

std::optional<double> FieldRef::number(const Situation& situation, std::size_t row) const {
  const auto amount = number_of(table->value(situation, of_host ? 0 : row, field));
  if (!per_second || !amount) return amount;
  return situation.seconds() > 0 ? std::optional(*amount / situation.seconds()) : std::nullopt;
}

bool Condition::has_clear() const {
  return comparison.thresholds.clear ||
         std::any_of(parts.begin(), parts.end(), [](const auto& part) { return part.has_clear(); });
}

std::optional<double> Thresholds::at(Severity severity) const {
  for (int level = static_cast<int>(severity); level >= 0; --level)
    if (const auto& bound = by_severity[static_cast<std::size_t>(level)]) return bound;
  return std::nullopt;
}

}  // namespace culprit
