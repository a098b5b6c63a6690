// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/field.h"

namespace culprit {

/// Fields of `latency`, written once for databases, queries, endpoints and services.
namespace latency_field {

template <typename Row, auto statistic>
Value of(const Row& row, double) {
  return row.latency ? Value((*row.latency).*statistic) : Value();
}

template <typename Row>
constexpr Field<Row> field(std::string_view id, std::string_view title, std::string_view help,
                           Value (*get)(const Row&, double)) {
  return {id, title, Unit::kLatency, FieldKind::kGauge, 7, help, get};
}

template <typename Row>
inline constexpr Field<Row> mean = field<Row>("latency.mean_seconds", "MEAN", "how long one took",
                                              of<Row, &Latency::mean_seconds>);
template <typename Row>
inline constexpr Field<Row> p50 = field<Row>("latency.p50_seconds", "P50",
                                             "half of them took no longer",
                                             of<Row, &Latency::p50_seconds>);
template <typename Row>
inline constexpr Field<Row> p95 = field<Row>("latency.p95_seconds", "P95",
                                             "95 % of them took no longer",
                                             of<Row, &Latency::p95_seconds>);
template <typename Row>
inline constexpr Field<Row> p99 = field<Row>("latency.p99_seconds", "P99",
                                             "99 % of them took no longer",
                                             of<Row, &Latency::p99_seconds>);
template <typename Row>
inline constexpr Field<Row> max = field<Row>("latency.max_seconds", "MAX",
                                             "how long the longest took",
                                             of<Row, &Latency::max_seconds>);

}  // namespace latency_field
}  // namespace culprit
