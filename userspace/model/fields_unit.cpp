// SPDX-License-Identifier: Apache-2.0
#include "model/field.h"
#include "model/usage_cpu_fields.h"
#include "model/usage_io_fields.h"
#include "model/usage_wait_fields.h"

namespace culprit {
namespace {

constexpr Field<UnitRow> kUnitFields[] = {
    {"path", "CGROUP", Unit::kNone, FieldKind::kLabel, 24, "path of the cgroup",
     [](const UnitRow& row, double) { return Value(row.path); }},
    {"name", "UNIT", Unit::kNone, FieldKind::kLabel, 24, "systemd unit, container or cgroup",
     [](const UnitRow& row, double) { return Value(row.name); }},
    {"container", "CONTAINER", Unit::kNone, FieldKind::kLabel, 12, "container it is",
     [](const UnitRow& row, double) { return value_of(row.container); }},
    {"depth", "", Unit::kCount, FieldKind::kLabel, 5, "cgroups above it",
     [](const UnitRow& row, double) { return Value(std::uint64_t{row.depth}); }},
    {"processes", "PROCS", Unit::kCount, FieldKind::kGauge, 5, "processes in it and below",
     [](const UnitRow& row, double) { return Value(std::uint64_t{row.process_count}); }},
    {"pids.current", "PIDS", Unit::kCount, FieldKind::kGauge, 5, "processes and threads in it",
     [](const UnitRow& row, double) { return value_of(row.pids); }},
    {"pids.limit", "PIDLIM", Unit::kCount, FieldKind::kGauge, 6,
     "processes and threads that it may have",
     [](const UnitRow& row, double) { return value_of(row.pids_limit); }},
    usage_field::cpu_cores<UnitRow>,
    usage_field::cpu_seconds<UnitRow>,
    {"cpu_quota_cores", "QUOTA%", Unit::kCores, FieldKind::kGauge, 6,
     "CPU time per second that it may use",
     [](const UnitRow& row, double) { return value_of(row.cpu_quota_cores); }},
    {"throttled_ratio", "THRTL%", Unit::kRatio, FieldKind::kGauge, 6,
     "share of its quota periods in which it was stopped",
     [](const UnitRow& row, double) { return value_of(row.throttled_ratio); }},
    {"throttled_seconds", "", Unit::kSeconds, FieldKind::kCounter, 6,
     "time it was stopped because its quota was used up, summed over CPUs",
     [](const UnitRow& row, double) { return value_of(row.throttled_seconds); }},
    usage_field::user_seconds<UnitRow>,
    usage_field::system_seconds<UnitRow>,
    usage_field::run_queue_seconds<UnitRow>,
    usage_field::blocked_disk<UnitRow>,
    usage_field::blocked_lock<UnitRow>,
    usage_field::blocked_network<UnitRow>,
    usage_field::blocked_sleep<UnitRow>,
    usage_field::blocked_other<UnitRow>,
    usage_field::contended_seconds<UnitRow>,
    usage_field::stalled_seconds<UnitRow>,
    usage_field::reclaim_seconds<UnitRow>,
    usage_field::context_switches<UnitRow>,
    usage_field::involuntary_switches<UnitRow>,
    usage_field::migrations<UnitRow>,
    {"memory.used_bytes", "MEM", Unit::kBytes, FieldKind::kGauge, 5,
     "memory charged to it, page cache included",
     [](const UnitRow& row, double) { return value_of(row.memory_bytes); }},
    {"memory.limit_bytes", "LIMIT", Unit::kBytes, FieldKind::kGauge, 5,
     "memory that it may be charged for",
     [](const UnitRow& row, double) { return value_of(row.memory_limit_bytes); }},
    {"memory.file_refaults", "REFLT/s", Unit::kCount, FieldKind::kCounter, 7,
     "pages of files read again soon after they were pushed out; told while the host has many",
     [](const UnitRow& row, double) { return value_of(row.file_refaults); }},
    usage_field::major_faults<UnitRow>,
    usage_field::minor_faults<UnitRow>,
    usage_field::read_bytes<UnitRow>,
    usage_field::write_bytes<UnitRow>,
    usage_field::disk_wait_seconds<UnitRow>,
    usage_field::receive_bytes<UnitRow>,
    usage_field::transmit_bytes<UnitRow>,
    usage_field::retransmits<UnitRow>,
};

}  // namespace

std::span<const Field<UnitRow>> unit_fields() {
  return kUnitFields;
}

}  // namespace culprit
