// SPDX-License-Identifier: Apache-2.0
#include "model/field.h"
#include "model/field_value.h"
#include "model/latency_fields.h"

namespace culprit {
namespace {

using E = EndpointRow;

constexpr Field<E> kEndpointFields[] = {
    {"process.pid", "PID", Unit::kNone, FieldKind::kLabel, 7, "process that answers",
     [](const E& row, double) { return Value(std::uint64_t{row.process.id.pid}); }},
    {"process.name", "NAME", Unit::kNone, FieldKind::kLabel, 15, "its short name in the kernel",
     [](const E& row, double) { return Value(row.process.name); }},
    {"process.start_time_ns", "", Unit::kNanoseconds, FieldKind::kLabel, 16,
     "when it started, since boot",
     [](const E& row, double) { return Value(row.process.id.start_time_ns); }},
    {"method", "METHOD", Unit::kNone, FieldKind::kLabel, 7, "method of HTTP",
     [](const E& row, double) { return Value(row.method); }},
    {"requests", "REQ/s", Unit::kCount, FieldKind::kCounter, 7, "requests answered",
     [](const E& row, double) { return Value(row.requests); }},
    {"errors", "ERR/s", Unit::kCount, FieldKind::kCounter, 6, "of those, failed",
     [](const E& row, double) { return Value(row.errors); }},
    latency_field::mean<E>,
    latency_field::p50<E>,
    latency_field::p95<E>,
    latency_field::p99<E>,
    latency_field::max<E>,
    {"calls_per_request", "C/REQ", Unit::kCount, FieldKind::kGauge, 6,
     "calls of databases and caches that one request led to",
     [](const E& row, double) { return value_of(row.calls_per_request); }},
    {"calls_confidence", "CONF%", Unit::kRatio, FieldKind::kGauge, 6,
     "share of those calls of which only one request can have been the cause",
     [](const E& row, double) { return value_of(row.calls_confidence); }},
    {"bytes_per_response", "B/RSP", Unit::kBytes, FieldKind::kGauge, 6, "bytes of one response",
     [](const E& row, double) { return value_of(row.bytes_per_response); }},
    {"route", "ROUTE", Unit::kNone, FieldKind::kLabel, 24, "path without its ids",
     [](const E& row, double) { return Value(row.route); }},
};

}  // namespace

std::span<const Field<EndpointRow>> endpoint_fields() {
  return kEndpointFields;
}

}  // namespace culprit
