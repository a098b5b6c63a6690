// SPDX-License-Identifier: Apache-2.0
#include "analyze/rule.h"

#include "analyze/number_text.h"

namespace culprit {

std::string FieldRef::name() const {
  return std::string(table->name()) + "." + std::string(info().id) + (per_second ? "/s" : "");
}

Value FieldRef::value(const Situation& situation, std::size_t row) const {
  const Value value = table->value(situation, of_host ? 0 : row, field);
  if (!per_second) return value;
  const auto amount = number_in(value);
  return amount && situation.seconds() > 0 ? Value(*amount / situation.seconds()) : Value();
}

std::optional<double> FieldRef::number(const Situation& situation, std::size_t row) const {
  return number_in(value(situation, row));
}

std::optional<double> Thresholds::at(Severity severity) const {
  for (int level = static_cast<int>(severity); level >= 0; --level)
    if (const auto& bound = by_severity[static_cast<std::size_t>(level)]) return bound;
  return std::nullopt;
}

}  // namespace culprit
