// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/field.h"
#include "serve/metric_writer.h"

namespace culprit {

/// What a field is called among the metrics.
struct MetricName {
  MetricFamily family;
  /// What is part of the id and no part of the name: reason="disk" of
  /// "blocked_seconds.disk", statistic="p50" of "latency.p50_seconds"; or "".
  std::string label, label_value;
  bool per_second = false;  ///< to be divided by the length of the interval
};

/// nullopt: the field is no metric (a label, or cpu_seconds, which cpu_cores is already).
std::optional<MetricName> metric_name(std::string_view prefix, std::string_view id, Unit unit,
                                      FieldKind kind, std::string_view help);

/// All metrics of one field table: a family each, in it one sample a row.
/// `labels[i]` belongs to `rows[i]`.
template <class Row>
void write_fields(MetricWriter& out, std::string_view prefix, std::span<const Field<Row>> fields,
                  const std::vector<const Row*>& rows, const std::vector<MetricLabels>& labels,
                  double seconds) {
  std::string previous;
  if (rows.empty()) return;
  for (const Field<Row>& field : fields) {
    auto name = metric_name(prefix, field.id, field.unit, field.kind, field.help);
    if (!name || (name->per_second && seconds <= 0)) continue;
    // Fields that differ in the label alone are one family; they stand side by side.
    if (name->family.name != previous) {
      previous = name->family.name;
      out.family(std::move(name->family));
    }
    for (std::size_t index = 0; index < rows.size(); ++index) {
      auto value = number_of(field.get(*rows[index], seconds));
      if (value && name->per_second) *value /= seconds;
      MetricLabels all = labels[index];
      if (!name->label.empty()) all.add(name->label, name->label_value);
      out.sample(all, value);
    }
  }
}

}  // namespace culprit
