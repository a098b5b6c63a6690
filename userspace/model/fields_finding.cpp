// SPDX-License-Identifier: Apache-2.0
#include "model/field.h"

namespace culprit {
namespace {

using F = Finding;

constexpr Field<F> kFindingFields[] = {
    {"severity", "SEVERITY", Unit::kNone, FieldKind::kLabel, 8, "info, warning or critical",
     [](const F& row, double) { return Value(std::string(severity_name(row.severity))); }},
    {"level", "LEVEL", Unit::kNone, FieldKind::kGauge, 5, "the same as 0, 1 or 2, for sorting",
     [](const F& row, double) { return Value(static_cast<std::uint64_t>(row.severity)); }},
    {"id", "FINDING", Unit::kNone, FieldKind::kLabel, 24, "what holds, as docs/findings.md has it",
     [](const F& row, double) { return Value(row.id); }},
    {"target", "TARGET", Unit::kNone, FieldKind::kLabel, 20, "what it is about",
     [](const F& row, double) { return Value(row.target.name); }},
    {"victims", "HARMS", Unit::kCount, FieldKind::kGauge, 5, "how many suffer from it",
     [](const F& row, double) { return Value(std::uint64_t{row.victims.size()}); }},
    {"confidence", "CONF%", Unit::kRatio, FieldKind::kGauge, 6, "how sure it is",
     [](const F& row, double) { return Value(row.confidence); }},
    {"summary", "WHAT", Unit::kNone, FieldKind::kLabel, 40, "in a sentence",
     [](const F& row, double) { return Value(row.summary); }},
};

}  // namespace

std::span<const Field<Finding>> finding_fields() {
  return kFindingFields;
}

}  // namespace culprit
