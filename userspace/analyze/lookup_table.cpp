// SPDX-License-Identifier: Apache-2.0
#include "analyze/number_text.h"
#include "analyze/row_table.h"
#include "analyze/targets.h"
#include "model/lookup_rows.h"

namespace culprit {
namespace {

using rule_field::gauge;
using rule_field::ratio;
using rule_field::text;

using L = LookupRow;

constexpr std::size_t kNamesTold = 3;

/// "db.internal 12 of 400 ms, api.internal 3 of 90 ms, 2 failed"
Value slow_names(const L& row, const Situation&) {
  std::string names;
  for (std::size_t i = 0; i < row.names.size() && i < kNamesTold; ++i) {
    const L::Name& name = row.names[i];
    const double mean = name.seconds / static_cast<double>(name.lookups);
    names += (names.empty() ? "" : ", ") + (name.name.empty() ? "?" : plain_text(name.name, 80)) +
             " " + std::to_string(name.lookups) + " of " + number_text(mean, Unit::kLatency);
    if (name.failures > 0) names += ", " + std::to_string(name.failures) + " failed";
  }
  return names.empty() ? Value() : Value(names);
}

std::vector<RuleField<L>> lookup_rule_fields() {
  return {
      {text("process.name", "who asks"),
       [](const L& row, const Situation&) { return Value(row.process.name); }},
      {gauge("failure_ratio", Unit::kRatio,
             "share that failed or got no answer; that there is no such name is an answer"),
       [](const L& row, const Situation&) {
         return ratio(row.failures + row.unanswered, row.lookups);
       }},
      {gauge("not_found_ratio", Unit::kRatio, "share for which there is no such name"),
       [](const L& row, const Situation&) { return ratio(row.not_found, row.lookups); }},
      {text("names", "names that it asks for, those first that cost most time"), slow_names},
  };
}

}  // namespace

const Table& lookup_table() {
  static const RowTable<L> table(
      "lookup", [](const Situation& s) { return std::span<const L>(s.snapshot().lookups); },
      lookup_fields(), lookup_rule_fields(), {{"self", [](const L& row, const Situation&) {
                                                 return std::vector{target_of(row.process)};
                                               }}});
  return table;
}

}  // namespace culprit
