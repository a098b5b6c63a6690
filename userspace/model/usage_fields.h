// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "model/field.h"

namespace culprit {

/// The value of an optional; absent stays absent.
template <typename T>
Value value_of(const std::optional<T>& value) {
  return value ? Value(*value) : Value();
}

/// Fields of `usage`, written once for threads, processes and units.
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
inline constexpr Field<Row> user_seconds{
    "user_seconds",
    "USR%",
    Unit::kSeconds,
    FieldKind::kCounter,
    6,
    "CPU time in user mode",
    [](const Row& row, double) { return value_of(row.usage.user_seconds); }};

template <typename Row>
inline constexpr Field<Row> system_seconds{
    "system_seconds",
    "SYS%",
    Unit::kSeconds,
    FieldKind::kCounter,
    6,
    "CPU time in the kernel",
    [](const Row& row, double) { return value_of(row.usage.system_seconds); }};

template <typename Row>
inline constexpr Field<Row> run_queue_seconds{
    "run_queue_seconds",
    "RUNQ%",
    Unit::kSeconds,
    FieldKind::kCounter,
    6,
    "time its threads were ready to run and waited for a CPU",
    [](const Row& row, double) { return value_of(row.usage.run_queue_seconds); }};

template <typename Row, blocked_reason reason>
Value blocked_for(const Row& row, double) {
  if (!row.usage.blocked_seconds) return {};
  return (*row.usage.blocked_seconds)[reason];
}

template <typename Row>
inline constexpr Field<Row> blocked_disk{
    "blocked_seconds.disk",        "DSK%", Unit::kSeconds,
    FieldKind::kCounter,           6,      "time its threads waited for a disk",
    blocked_for<Row, BLOCKED_DISK>};

template <typename Row>
inline constexpr Field<Row> blocked_lock{
    "blocked_seconds.lock",
    "LCK%",
    Unit::kSeconds,
    FieldKind::kCounter,
    6,
    "time its threads waited for a lock; includes a pool's idle workers that wait on one",
    blocked_for<Row, BLOCKED_LOCK>};

template <typename Row>
inline constexpr Field<Row> blocked_network{
    "blocked_seconds.network",
    "",
    Unit::kSeconds,
    FieldKind::kCounter,
    6,
    "time its threads waited for a socket, for work or for an answer",
    blocked_for<Row, BLOCKED_NETWORK>};

template <typename Row>
inline constexpr Field<Row> blocked_sleep{"blocked_seconds.sleep",
                                          "",
                                          Unit::kSeconds,
                                          FieldKind::kCounter,
                                          6,
                                          "time its threads slept because they asked to",
                                          blocked_for<Row, BLOCKED_SLEEP>};

template <typename Row>
inline constexpr Field<Row> blocked_other{"blocked_seconds.other",
                                          "",
                                          Unit::kSeconds,
                                          FieldKind::kCounter,
                                          6,
                                          "time its threads were blocked for any other reason",
                                          blocked_for<Row, BLOCKED_OTHER>};

template <typename Row>
inline constexpr Field<Row> stalled_seconds{
    "stalled_seconds",
    "BLK%",
    Unit::kSeconds,
    FieldKind::kCounter,
    6,
    "time blocked on disks and on locks that others held: waits that are not idleness",
    [](const Row& row, double) {
      if (!row.usage.blocked_seconds || !row.usage.contended_seconds) return Value();
      return Value((*row.usage.blocked_seconds)[BLOCKED_DISK] + *row.usage.contended_seconds);
    }};

template <typename Row>
inline constexpr Field<Row> contended_seconds{
    "contended_seconds",
    "LOCK%",
    Unit::kSeconds,
    FieldKind::kCounter,
    6,
    "of blocked_seconds.lock: time for which somebody else held the lock",
    [](const Row& row, double) {
      return row.usage.contended_seconds ? Value(*row.usage.contended_seconds) : Value();
    }};

template <typename Row>
inline constexpr Field<Row> reclaim_seconds{
    "reclaim_seconds",
    "RCLM%",
    Unit::kSeconds,
    FieldKind::kCounter,
    6,
    "time its threads spent freeing memory before they could have any",
    [](const Row& row, double) { return value_of(row.usage.reclaim_seconds); }};

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
inline constexpr Field<Row> involuntary_switches{
    "involuntary_switches",
    "PRE/s",
    Unit::kCount,
    FieldKind::kCounter,
    6,
    "times its threads were made to leave a CPU",
    [](const Row& row, double) { return value_of(row.usage.involuntary_switches); }};

template <typename Row>
inline constexpr Field<Row> migrations{
    "migrations",
    "MIG/s",
    Unit::kCount,
    FieldKind::kCounter,
    6,
    "times its threads moved to another CPU",
    [](const Row& row, double) { return value_of(row.usage.migrations); }};

template <typename Row>
inline constexpr Field<Row> major_faults{
    "memory.major_faults",
    "MAJF/s",
    Unit::kCount,
    FieldKind::kCounter,
    6,
    "page faults that waited for a disk",
    [](const Row& row, double) { return value_of(row.usage.major_faults); }};

template <typename Row>
inline constexpr Field<Row> minor_faults{
    "memory.minor_faults",
    "MINF/s",
    Unit::kCount,
    FieldKind::kCounter,
    6,
    "page faults that needed no disk",
    [](const Row& row, double) { return value_of(row.usage.minor_faults); }};

template <typename Row>
inline constexpr Field<Row> read_bytes{
    "disk.read_bytes",
    "RD/s",
    Unit::kBytes,
    FieldKind::kCounter,
    5,
    "read from disks",
    [](const Row& row, double) { return value_of(row.usage.read_bytes); }};

template <typename Row>
inline constexpr Field<Row> write_bytes{
    "disk.write_bytes",
    "WR/s",
    Unit::kBytes,
    FieldKind::kCounter,
    5,
    "made to be written to disks, perhaps later",
    [](const Row& row, double) { return value_of(row.usage.write_bytes); }};

template <typename Row>
inline constexpr Field<Row> disk_wait_seconds{
    "disk.wait_seconds",
    "",
    Unit::kSeconds,
    FieldKind::kCounter,
    6,
    "time its threads waited for a disk; the same as blocked_seconds.disk",
    blocked_for<Row, BLOCKED_DISK>};

template <typename Row>
inline constexpr Field<Row> receive_bytes{
    "network.receive_bytes",
    "RX/s",
    Unit::kBytes,
    FieldKind::kCounter,
    5,
    "received through its sockets",
    [](const Row& row, double) { return value_of(row.usage.receive_bytes); }};

template <typename Row>
inline constexpr Field<Row> transmit_bytes{
    "network.transmit_bytes",
    "TX/s",
    Unit::kBytes,
    FieldKind::kCounter,
    5,
    "sent through its sockets",
    [](const Row& row, double) { return value_of(row.usage.transmit_bytes); }};

template <typename Row>
inline constexpr Field<Row> retransmits{
    "network.retransmits",
    "RTX/s",
    Unit::kCount,
    FieldKind::kCounter,
    5,
    "TCP segments sent again",
    [](const Row& row, double) { return value_of(row.usage.retransmits); }};

}  // namespace usage_field
}  // namespace culprit
