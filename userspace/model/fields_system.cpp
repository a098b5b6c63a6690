// SPDX-License-Identifier: Apache-2.0
#include "model/field.h"
#include "model/field_value.h"

namespace culprit {
namespace {

// A member of an optional part of the host; absent where the part is.
template <auto part, auto member>
Value of(const SystemRow& row, double) {
  return row.*part ? Value((*(row.*part)).*member) : Value();
}

template <auto part>
Value full_ratio(const SystemRow& row, double) {
  return row.*part ? value_of((*(row.*part)).full_ratio) : Value();
}

constexpr Field<SystemRow> seconds(std::string_view id, std::string_view help,
                                   Value (*get)(const SystemRow&, double)) {
  return {id, "", Unit::kSeconds, FieldKind::kCounter, 8, help, get};
}

constexpr Field<SystemRow> bytes(std::string_view id, std::string_view help,
                                 Value (*get)(const SystemRow&, double)) {
  return {id, "", Unit::kBytes, FieldKind::kGauge, 6, help, get};
}

constexpr Field<SystemRow> ratio(std::string_view id, std::string_view help,
                                 Value (*get)(const SystemRow&, double)) {
  return {id, "", Unit::kRatio, FieldKind::kGauge, 6, help, get};
}

constexpr Field<SystemRow> pages(std::string_view id, std::string_view help,
                                 Value (*get)(const SystemRow&, double)) {
  return {id, "", Unit::kCount, FieldKind::kCounter, 6, help, get};
}

constexpr Field<SystemRow> count(std::string_view id, std::string_view help,
                                 Value (*get)(const SystemRow&, double)) {
  return {id, "", Unit::kCount, FieldKind::kGauge, 6, help, get};
}

using S = SystemRow;
using M = MemoryReading;

constexpr Field<SystemRow> kSystemFields[] = {
    ratio("cpu.utilization_ratio", "share of all CPU time that was not idle",
          of<&S::cpu, &CpuUse::utilization_ratio>),
    seconds("cpu.user_seconds", "CPU time in user mode", of<&S::cpu, &CpuUse::user_seconds>),
    seconds("cpu.system_seconds", "CPU time in the kernel", of<&S::cpu, &CpuUse::system_seconds>),
    seconds("cpu.iowait_seconds", "CPU time idle while a disk was waited for",
            of<&S::cpu, &CpuUse::iowait_seconds>),
    seconds("cpu.irq_seconds", "CPU time in interrupts, soft ones included",
            of<&S::cpu, &CpuUse::irq_seconds>),
    seconds("cpu.steal_seconds", "CPU time that the hypervisor gave to others",
            of<&S::cpu, &CpuUse::steal_seconds>),
    seconds("cpu.idle_seconds", "CPU time idle", of<&S::cpu, &CpuUse::idle_seconds>),
    seconds("run_queue.wait_seconds", "time that threads were ready to run and waited for a CPU",
            [](const S& row, double) { return value_of(row.run_queue_seconds); }),
    bytes("memory.total_bytes", "memory of the host", of<&S::memory, &M::total_bytes>),
    bytes("memory.available_bytes", "memory that can be had without swapping",
          of<&S::memory, &M::available_bytes>),
    ratio("memory.used_ratio", "share of memory that is not available",
          [](const S& row, double) {
            if (!row.memory || row.memory->total_bytes == 0) return Value();
            return Value(1 - static_cast<double>(row.memory->available_bytes) /
                                 static_cast<double>(row.memory->total_bytes));
          }),
    bytes("memory.cached_bytes", "page cache", of<&S::memory, &M::cached_bytes>),
    bytes("memory.dirty_bytes", "page cache that is still to be written to disks",
          of<&S::memory, &M::dirty_bytes>),
    bytes("memory.swap_total_bytes", "size of swap", of<&S::memory, &M::swap_total_bytes>),
    bytes("memory.swap_used_bytes", "swap in use",
          [](const S& row, double) {
            if (!row.memory || row.memory->swap_free_bytes > row.memory->swap_total_bytes)
              return Value();
            return Value(row.memory->swap_total_bytes - row.memory->swap_free_bytes);
          }),
    bytes("memory.dirty_limit_bytes", "of those, so many at most before who writes has to wait",
          [](const S& row, double) { return value_of(row.paging.dirty_limit_bytes); }),
    pages("memory.swapped_in", "pages read back from swap",
          [](const S& row, double) { return value_of(row.paging.swapped_in); }),
    pages("memory.swapped_out", "pages written to swap",
          [](const S& row, double) { return value_of(row.paging.swapped_out); }),
    pages("memory.file_refaults", "pages of files read again soon after they had been pushed out",
          [](const S& row, double) { return value_of(row.paging.file_refaults); }),
    ratio("pressure.cpu.some_ratio", "share of time in which some task waited for a CPU",
          of<&S::cpu_pressure, &Pressure::some_ratio>),
    ratio("pressure.memory.some_ratio", "share of time in which some task waited for memory",
          of<&S::memory_pressure, &Pressure::some_ratio>),
    ratio("pressure.memory.full_ratio", "share of time in which all tasks waited for memory",
          full_ratio<&S::memory_pressure>),
    ratio("pressure.io.some_ratio", "share of time in which some task waited for a disk",
          of<&S::io_pressure, &Pressure::some_ratio>),
    ratio("pressure.io.full_ratio", "share of time in which all tasks waited for a disk",
          full_ratio<&S::io_pressure>),
    {"network.receive_bytes", "", Unit::kBytes, FieldKind::kCounter, 6,
     "received by all interfaces but loopback",
     [](const S& row, double) { return value_of(row.receive_bytes); }},
    {"network.transmit_bytes", "", Unit::kBytes, FieldKind::kCounter, 6,
     "sent by all interfaces but loopback",
     [](const S& row, double) { return value_of(row.transmit_bytes); }},
    {"network.retransmits", "", Unit::kCount, FieldKind::kCounter, 6, "TCP segments sent again",
     [](const S& row, double) { return value_of(row.retransmits); }},
    {"network.listen_overflows", "", Unit::kCount, FieldKind::kCounter, 6,
     "connections refused because a listener's queue was full",
     [](const S& row, double) { return value_of(row.listen_overflows); }},
    {"processes.count", "", Unit::kCount, FieldKind::kGauge, 6, "processes",
     [](const S& row, double) { return Value(row.process_count); }},
    {"processes.threads", "", Unit::kCount, FieldKind::kGauge, 6, "threads",
     [](const S& row, double) { return Value(row.thread_count); }},
    {"processes.started", "", Unit::kCount, FieldKind::kCounter, 6, "processes that started",
     [](const S& row, double) { return value_of(row.processes_started); }},
    {"processes.exited", "", Unit::kCount, FieldKind::kCounter, 6, "processes that ended",
     [](const S& row, double) { return value_of(row.processes_exited); }},
    count("files.open", "files that are open, by the kernel's count",
          [](const S& row, double) { return value_of(row.settings.files_open); }),
    count("files.limit", "files that may be open (fs.file-max)",
          [](const S& row, double) { return value_of(row.settings.files_max); }),
    seconds("accounting.cpu_seconds", "CPU time used, by the kernel's idle clock",
            of<&S::accounting, &Accounting::cpu_seconds>),
    seconds("accounting.attributed_seconds", "of that, in processes, ended ones included",
            of<&S::accounting, &Accounting::attributed_seconds>),
    seconds("accounting.kernel_seconds", "of that, in kernel threads and interrupts",
            of<&S::accounting, &Accounting::kernel_seconds>),
    seconds("accounting.unattributed_seconds", "of that, found nowhere",
            of<&S::accounting, &Accounting::unattributed_seconds>),
};

constexpr Field<DiskRow> kDiskFields[] = {
    {"name", "DISK", Unit::kNone, FieldKind::kLabel, 10, "name of the device",
     [](const DiskRow& row, double) { return Value(row.name); }},
    {"read_bytes", "RD/s", Unit::kBytes, FieldKind::kCounter, 5, "read from it",
     [](const DiskRow& row, double) { return Value(row.read_bytes); }},
    {"write_bytes", "WR/s", Unit::kBytes, FieldKind::kCounter, 5, "written to it",
     [](const DiskRow& row, double) { return Value(row.write_bytes); }},
    {"busy_ratio", "BUSY%", Unit::kRatio, FieldKind::kGauge, 6,
     "share of time in which it had something to do",
     [](const DiskRow& row, double) { return Value(row.busy_ratio); }},
};

constexpr Field<FilesystemRow> kFilesystemFields[] = {
    {"mount", "MOUNT", Unit::kNone, FieldKind::kLabel, 20, "where it is mounted",
     [](const FilesystemRow& row, double) { return Value(row.mount); }},
    {"size_bytes", "SIZE", Unit::kBytes, FieldKind::kGauge, 5, "its size",
     [](const FilesystemRow& row, double) { return Value(row.size_bytes); }},
    {"used_ratio", "USED%", Unit::kRatio, FieldKind::kGauge, 6, "share that is used",
     [](const FilesystemRow& row, double) { return Value(row.used_ratio); }},
    {"full_in_seconds", "FULL IN", Unit::kSeconds, FieldKind::kGauge, 8,
     "when it will be full if it goes on like this",
     [](const FilesystemRow& row, double) { return value_of(row.full_in_seconds); }},
};

}  // namespace

std::span<const Field<SystemRow>> system_fields() {
  return kSystemFields;
}
std::span<const Field<DiskRow>> disk_fields() {
  return kDiskFields;
}
std::span<const Field<FilesystemRow>> filesystem_fields() {
  return kFilesystemFields;
}

}  // namespace culprit
