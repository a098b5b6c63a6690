// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "model/field.h"

namespace culprit {

// Numbers for people, as short as top writes them.

std::string format_bytes(double bytes);         ///< 512, 1.5K, 12M, 1.0G (1024 each)
std::string format_signed_bytes(double bytes);  ///< +1.5K, -12M, 0
std::string format_count(double count);         ///< 12, 1.5k, 12M (1000 each)
std::string format_percent(double percent);     ///< 0.0, 12.3, 100, 3200
std::string format_latency(double seconds);     ///< 12us, 3.2ms, 1.4s, 2.0min
std::string format_cpu_time(double seconds);    ///< 1:02.33, 75:00.00, 12d04h
std::string format_duration(double seconds);    ///< 45s, 12m, 3h20m, 2d04h

/// The value of a field as its column shows it: `-` when absent, counters per second.
std::string format_value(Unit unit, FieldKind kind, const Value& value, double interval_seconds);

/// The value as a number; absent for text.
std::optional<double> as_number(const Value& value);

}  // namespace culprit
