// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bpf/thread.h"
#include "model/field_value.h"

namespace culprit {

/// Fields of `usage` about waiting: for a CPU, blocked, stalled; written once for threads,
/// processes and units.
namespace usage_field {

template <typename Row>
inline constexpr Field<Row> run_queue_seconds{
    "run_queue_seconds",
    "RUNQ%",
    Unit::kSeconds,
    FieldKind::kCounter,
    6,
    "time its threads were ready to run and waited for a CPU",
    usage_of<Row, &Usage::run_queue_seconds>};

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
    "",
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
    usage_of<Row, &Usage::contended_seconds>};

template <typename Row>
inline constexpr Field<Row> reclaim_seconds{
    "reclaim_seconds",
    "RCLM%",
    Unit::kSeconds,
    FieldKind::kCounter,
    6,
    "time its threads spent freeing memory before they could have any",
    usage_of<Row, &Usage::reclaim_seconds>};

}  // namespace usage_field

}  // namespace culprit
