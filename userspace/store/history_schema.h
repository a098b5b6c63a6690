// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "store/history_records.h"
#include "store/sqlite.h"

/// What a file of history looks like to SQLite. Times are milliseconds since 1970.
namespace culprit::history_schema {

inline constexpr std::int64_t kApplicationId = 0x63756c70;  // "culp"
inline constexpr std::int64_t kVersion = 1;

inline constexpr std::array<const char*, kHistoryLevels> kTables = {"tick_1s", "tick_10s",
                                                                    "tick_60s"};

/// Makes the tables in a database that has none.
Status create(SqlDatabase& database);
/// True when it holds nothing at all yet.
Result<bool> is_empty(SqlDatabase& database);
/// Misuse unless it is a history of this version.
Status check(SqlDatabase& database);

/// Texts of a name as JSON, and back; null for what is no such list of its kind.
std::string label_of(const HistoryName& name);
HistoryNamePtr name_of(std::int64_t kind, std::string_view label);

constexpr std::int64_t kNanosecondsPerMillisecond = 1'000'000;
constexpr std::int64_t milliseconds(std::int64_t ns) {
  return ns / kNanosecondsPerMillisecond;
}
/// A time that a file holds; what no clock tells is cut to what can be computed with.
constexpr std::int64_t nanoseconds(std::int64_t ms) {
  constexpr std::int64_t kMost = INT64_MAX / kNanosecondsPerMillisecond / 2;
  return (ms < -kMost ? -kMost : ms > kMost ? kMost : ms) * kNanosecondsPerMillisecond;
}

}  // namespace culprit::history_schema
