// SPDX-License-Identifier: Apache-2.0
#include "model/field.h"
#include "model/usage_cpu_fields.h"
#include "model/usage_io_fields.h"
#include "model/usage_wait_fields.h"

namespace culprit {
namespace {

Value condition_name(const ThreadRow& row, double) {
  switch (row.condition) {
    case THREAD_RUNNING:
      return Value("running");
    case THREAD_QUEUED:
      return Value("queued");
    case THREAD_BLOCKED:
      return Value("blocked");
  }
  return {};
}

constexpr Field<ThreadRow> kThreadFields[] = {
    {"tid", "TID", Unit::kNone, FieldKind::kLabel, 7, "thread id",
     [](const ThreadRow& row, double) { return Value(std::uint64_t{row.tid}); }},
    {"name", "NAME", Unit::kNone, FieldKind::kLabel, 15, "its name in the kernel",
     [](const ThreadRow& row, double) { return Value(row.name); }},
    {"condition", "NOW", Unit::kNone, FieldKind::kLabel, 7,
     "running, queued for a CPU, or blocked, when it was looked at", condition_name},
    {"blocked_on", "ON", Unit::kNone, FieldKind::kLabel, 7, "what it is blocked on",
     [](const ThreadRow& row, double) {
       return row.reason ? Value(std::string(reason_name(*row.reason))) : Value();
     }},
    usage_field::cpu_cores<ThreadRow>,
    usage_field::cpu_seconds<ThreadRow>,
    usage_field::user_seconds<ThreadRow>,
    usage_field::system_seconds<ThreadRow>,
    usage_field::run_queue_seconds<ThreadRow>,
    usage_field::blocked_disk<ThreadRow>,
    usage_field::blocked_lock<ThreadRow>,
    usage_field::blocked_network<ThreadRow>,
    usage_field::blocked_sleep<ThreadRow>,
    usage_field::blocked_other<ThreadRow>,
    usage_field::contended_seconds<ThreadRow>,
    usage_field::stalled_seconds<ThreadRow>,
    usage_field::reclaim_seconds<ThreadRow>,
    usage_field::context_switches<ThreadRow>,
    usage_field::involuntary_switches<ThreadRow>,
    usage_field::migrations<ThreadRow>,
    usage_field::major_faults<ThreadRow>,
    usage_field::minor_faults<ThreadRow>,
    usage_field::read_bytes<ThreadRow>,
    usage_field::write_bytes<ThreadRow>,
    usage_field::receive_bytes<ThreadRow>,
    usage_field::transmit_bytes<ThreadRow>,
};

}  // namespace

std::span<const Field<ThreadRow>> thread_fields() {
  return kThreadFields;
}

std::string_view reason_name(blocked_reason reason) {
  switch (reason) {
    case BLOCKED_DISK:
      return "disk";
    case BLOCKED_LOCK:
      return "lock";
    case BLOCKED_NETWORK:
      return "network";
    case BLOCKED_SLEEP:
      return "sleep";
    case BLOCKED_OTHER:
    case BLOCKED_REASONS:
      return "other";
  }
  return "other";
}

}  // namespace culprit
