// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/field_value.h"

namespace culprit {

/// Fields of `usage` about CPU time and switches; written once for threads, processes and units.
namespace usage_field {

template <typename Row>
inline constexpr Field<Row> cpu_cores{"cpu_cores",
                                      "CPU%",
                                      Unit::kCores,
                                      FieldKind::kGauge,
                                      6,
                                      "CPU time per second; in top 100 % is one CPU",
                                      [](const Row& row, double seconds) {
                                        return seconds > 0 ? Value(row.usage.cpu_seconds / seconds)
                                                           : Value();
                                      }};

template <typename Row>
inline constexpr Field<Row> cpu_seconds{
    "cpu_seconds",
    "",
    Unit::kSeconds,
    FieldKind::kCounter,
    8,
    "CPU time in the interval",
    [](const Row& row, double) { return Value(row.usage.cpu_seconds); }};

template <typename Row>
inline constexpr Field<Row> user_seconds{"user_seconds",
                                         "USR%",
                                         Unit::kSeconds,
                                         FieldKind::kCounter,
                                         6,
                                         "CPU time in user mode",
                                         usage_of<Row, &Usage::user_seconds>};

template <typename Row>
inline constexpr Field<Row> system_seconds{"system_seconds",
                                           "SYS%",
                                           Unit::kSeconds,
                                           FieldKind::kCounter,
                                           6,
                                           "CPU time in the kernel",
                                           usage_of<Row, &Usage::system_seconds>};

template <typename Row>
inline constexpr Field<Row> context_switches{
    "context_switches",
    "CSW/s",
    Unit::kCount,
    FieldKind::kCounter,
    6,
    "times its threads left a CPU",
    [](const Row& row, double) {
      const Usage& usage = row.usage;
      if (!usage.voluntary_switches || !usage.involuntary_switches) return Value();
      return Value(*usage.voluntary_switches + *usage.involuntary_switches);
    }};

template <typename Row>
inline constexpr Field<Row> involuntary_switches{"involuntary_switches",
                                                 "PRE/s",
                                                 Unit::kCount,
                                                 FieldKind::kCounter,
                                                 6,
                                                 "times its threads were made to leave a CPU",
                                                 usage_of<Row, &Usage::involuntary_switches>};

template <typename Row>
inline constexpr Field<Row> migrations{"migrations",
                                       "MIG/s",
                                       Unit::kCount,
                                       FieldKind::kCounter,
                                       6,
                                       "times its threads moved to another CPU",
                                       usage_of<Row, &Usage::migrations>};

}  // namespace usage_field

}  // namespace culprit
