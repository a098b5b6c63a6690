// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "model/snapshot.h"

namespace culprit {

/// One value of a field; monostate is "absent" (JSON null, `-` in top).
using Value = std::variant<std::monostate, std::uint64_t, std::int64_t, double, std::string>;

/// The value as a number; absent for text and for what is absent.
inline std::optional<double> number_of(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* number = std::get_if<std::uint64_t>(&value)) return static_cast<double>(*number);
  if (const auto* number = std::get_if<std::int64_t>(&value)) return static_cast<double>(*number);
  return std::nullopt;
}

enum class Unit {
  kNone,
  kSeconds,
  kLatency,  ///< seconds that one thing took
  kCores,
  kRatio,
  kBytes,
  kBytesPerHour,
  kCount,
  kNanoseconds,
};
enum class FieldKind {
  kLabel,    ///< names or describes the row
  kGauge,    ///< a state at the end of the interval
  kCounter,  ///< an amount within the interval
};

/// One column of a table: feeds top, JSON, metrics and docs/fields.md.
template <typename Row>
struct Field {
  std::string_view id;     ///< path in the JSON object, parts joined by '.'
  std::string_view title;  ///< head of the column in top; "" where top does not offer it
  Unit unit;
  FieldKind kind;
  int width;              ///< of the column
  std::string_view help;  ///< one line for docs and for top's column chooser
  Value (*get)(const Row&, double interval_seconds);
};

std::span<const Field<ProcessRow>> process_fields();
std::span<const Field<ThreadRow>> thread_fields();
std::span<const Field<UnitRow>> unit_fields();
std::span<const Field<TaskRow>> task_fields();
std::span<const Field<Finding>> finding_fields();
std::span<const Field<DiskRow>> disk_fields();
std::span<const Field<FilesystemRow>> filesystem_fields();
std::span<const Field<DatabaseRow>> database_fields();
std::span<const Field<QueryRow>> query_fields();
std::span<const Field<EndpointRow>> endpoint_fields();
std::span<const Field<ServiceRow>> service_fields();
/// Fields of the whole host: `system` of the JSON, but its lists.
std::span<const Field<SystemRow>> system_fields();

/// 16 hex digits.
std::string query_id_text(QueryId id);
/// "foreground", "background", "system" or "unknown".
std::string_view class_name(Class value);
/// "disk", "lock", "network", "sleep" or "other".
std::string_view reason_name(blocked_reason reason);

}  // namespace culprit
