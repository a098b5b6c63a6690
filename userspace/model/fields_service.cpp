// SPDX-License-Identifier: Apache-2.0
#include "model/field.h"
#include "model/field_value.h"
#include "model/latency_fields.h"

namespace culprit {
namespace {

using S = ServiceRow;

template <auto statistic>
Value connect_latency(const S& row, double) {
  return row.connect_latency ? Value((*row.connect_latency).*statistic) : Value();
}

constexpr Field<S> kServiceFields[] = {
    {"protocol", "PROTO", Unit::kNone, FieldKind::kLabel, 10, "what it speaks, as far as is known",
     [](const S& row, double) { return Value(row.protocol); }},
    {"connects", "CONN/s", Unit::kCount, FieldKind::kCounter, 6, "connections established",
     [](const S& row, double) { return Value(row.connects); }},
    {"connect_failures", "FAIL/s", Unit::kCount, FieldKind::kCounter, 6,
     "connections that could not be established",
     [](const S& row, double) { return Value(row.connect_failures); }},
    {"requests", "REQ/s", Unit::kCount, FieldKind::kCounter, 7, "requests and calls it answered",
     [](const S& row, double) { return Value(row.requests); }},
    {"errors", "ERR/s", Unit::kCount, FieldKind::kCounter, 6, "of those, failed",
     [](const S& row, double) { return Value(row.errors); }},
    {"retried_requests", "RETRY", Unit::kCount, FieldKind::kGauge, 6,
     "requests that were sent again after they failed, in the last ten seconds",
     [](const S& row, double) { return Value(row.retried_requests); }},
    {"retry_attempts", "", Unit::kCount, FieldKind::kGauge, 6, "how often these were sent in all",
     [](const S& row, double) { return Value(row.retry_attempts); }},
    latency_field::mean<S>,
    latency_field::p50<S>,
    latency_field::p95<S>,
    latency_field::p99<S>,
    latency_field::max<S>,
    {"connect_latency.p50_seconds", "CONP50", Unit::kLatency, FieldKind::kGauge, 7,
     "half of the connections took no longer to establish", connect_latency<&Latency::p50_seconds>},
    {"connect_latency.p99_seconds", "CONP99", Unit::kLatency, FieldKind::kGauge, 7,
     "99 % of the connections took no longer to establish", connect_latency<&Latency::p99_seconds>},
    {"silent_seconds", "SILENT", Unit::kLatency, FieldKind::kGauge, 7,
     "requests wait, and nothing has come from it for so long",
     [](const S& row, double) { return value_of(row.silent_seconds); }},
    {"healthy", "OK", Unit::kNone, FieldKind::kGauge, 3, "1: it answers, 0: it fails or is silent",
     [](const S& row, double) { return Value(std::uint64_t{row.healthy}); }},
    {"address", "ADDRESS", Unit::kNone, FieldKind::kLabel, 24, "where it listens",
     [](const S& row, double) { return Value(row.address); }},
};

}  // namespace

std::span<const Field<ServiceRow>> service_fields() {
  return kServiceFields;
}

}  // namespace culprit
