// SPDX-License-Identifier: Apache-2.0
#include "model/latency_fields.h"
#include "model/lookup_rows.h"

namespace culprit {
namespace {

using L = LookupRow;

constexpr Field<L> kLookupFields[] = {
    {"server", "SERVER", Unit::kNone, FieldKind::kLabel, 21, "name server that was asked",
     [](const L& row, double) { return Value(row.server); }},
    {"lookups", "ASK/s", Unit::kCount, FieldKind::kCounter, 6,
     "questions that ended, in whatever way",
     [](const L& row, double) { return Value(row.lookups); }},
    {"failures", "FAIL/s", Unit::kCount, FieldKind::kCounter, 6,
     "of those, answered with SERVFAIL, REFUSED or the like",
     [](const L& row, double) { return Value(row.failures); }},
    {"unanswered", "NONE/s", Unit::kCount, FieldKind::kCounter, 6,
     "of those, without an answer for five seconds",
     [](const L& row, double) { return Value(row.unanswered); }},
    {"not_found", "NXD/s", Unit::kCount, FieldKind::kCounter, 6,
     "of those, answered that there is no such name (NXDOMAIN)",
     [](const L& row, double) { return Value(row.not_found); }},
    latency_field::mean<L>,
    latency_field::p50<L>,
    latency_field::p95<L>,
    latency_field::p99<L>,
    latency_field::max<L>,
};

}  // namespace

std::span<const Field<LookupRow>> lookup_fields() {
  return kLookupFields;
}

}  // namespace culprit
