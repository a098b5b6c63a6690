// SPDX-License-Identifier: Apache-2.0
#include "model/field.h"
#include "model/usage_cpu_fields.h"
#include "model/usage_io_fields.h"
#include "model/usage_wait_fields.h"

namespace culprit {
namespace {

template <typename Member>
Value of_memory(const ProcessRow& row, Member member) {
  return row.memory ? Value((*row.memory).*member) : Value();
}

template <auto part, auto member>
Value of(const ProcessRow& row, double) {
  return row.*part ? Value((*(row.*part)).*member) : Value();
}

template <auto statistic>
Value request_latency(const ProcessRow& row, double) {
  if (!row.requests || !row.requests->latency) return {};
  return Value((*row.requests->latency).*statistic);
}

using P = ProcessRow;

constexpr Field<ProcessRow> kProcessFields[] = {
    {"pid", "PID", Unit::kNone, FieldKind::kLabel, 7, "process id",
     [](const ProcessRow& row, double) { return Value(std::uint64_t{row.id.pid}); }},
    {"start_time_ns", "", Unit::kNanoseconds, FieldKind::kLabel, 16,
     "when it started, since boot; with the pid it names the process",
     [](const ProcessRow& row, double) { return Value(row.id.start_time_ns); }},
    {"parent_pid", "PPID", Unit::kNone, FieldKind::kLabel, 7, "process id of its parent",
     [](const ProcessRow& row, double) { return Value(std::uint64_t{row.parent_pid}); }},
    {"name", "NAME", Unit::kNone, FieldKind::kLabel, 15, "its short name in the kernel",
     [](const ProcessRow& row, double) { return Value(row.name); }},
    {"command", "COMMAND", Unit::kNone, FieldKind::kLabel, 15, "its command line",
     [](const ProcessRow& row, double) { return value_of(row.command); }},
    {"executable", "EXE", Unit::kNone, FieldKind::kLabel, 20, "the file that it runs",
     [](const ProcessRow& row, double) { return value_of(row.executable); }},
    {"user", "USER", Unit::kNone, FieldKind::kLabel, 8, "whose process it is",
     [](const ProcessRow& row, double) { return value_of(row.user); }},
    {"unit", "UNIT", Unit::kNone, FieldKind::kLabel, 13, "systemd unit or innermost cgroup",
     [](const ProcessRow& row, double) { return value_of(row.unit); }},
    {"container", "CONTAINER", Unit::kNone, FieldKind::kLabel, 12, "container it is in",
     [](const ProcessRow& row, double) { return value_of(row.container); }},
    {"cgroup", "CGROUP", Unit::kNone, FieldKind::kLabel, 24, "path of its cgroup",
     [](const ProcessRow& row, double) { return value_of(row.cgroup); }},
    {"class", "CLASS", Unit::kNone, FieldKind::kLabel, 5,
     "foreground answers requests, background works on its own clock, system serves the host",
     [](const ProcessRow& row, double) {
       return Value(std::string(class_name(row.process_class)));
     }},
    {"class_confidence", "", Unit::kRatio, FieldKind::kLabel, 5, "how sure the class is",
     [](const ProcessRow& row, double) {
       return row.class_because.empty() ? Value() : Value(row.class_confidence);
     }},
    {"class_because", "", Unit::kNone, FieldKind::kLabel, 30,
     "the rule or evidence that decided its class",
     [](const ProcessRow& row, double) {
       return row.class_because.empty() ? Value() : Value(row.class_because);
     }},
    {"threads", "THR", Unit::kCount, FieldKind::kGauge, 4, "threads it has",
     [](const ProcessRow& row, double) { return Value(std::uint64_t{row.thread_count}); }},
    {"nice", "NI", Unit::kNone, FieldKind::kGauge, 3, "nice value, from -20 (first) to 19 (last)",
     [](const ProcessRow& row, double) { return Value(std::int64_t{row.nice}); }},
    usage_field::cpu_cores<ProcessRow>,
    usage_field::cpu_seconds<ProcessRow>,
    {"cpu_seconds_total", "TIME+", Unit::kSeconds, FieldKind::kGauge, 9,
     "CPU time since it started",
     [](const ProcessRow& row, double) { return Value(row.cpu_seconds_total); }},
    usage_field::user_seconds<ProcessRow>,
    usage_field::system_seconds<ProcessRow>,
    usage_field::run_queue_seconds<ProcessRow>,
    usage_field::blocked_disk<ProcessRow>,
    usage_field::blocked_lock<ProcessRow>,
    usage_field::blocked_network<ProcessRow>,
    usage_field::blocked_sleep<ProcessRow>,
    usage_field::blocked_other<ProcessRow>,
    usage_field::contended_seconds<ProcessRow>,
    usage_field::stalled_seconds<ProcessRow>,
    usage_field::reclaim_seconds<ProcessRow>,
    usage_field::context_switches<ProcessRow>,
    usage_field::involuntary_switches<ProcessRow>,
    usage_field::migrations<ProcessRow>,
    {"memory.rss_bytes", "RES", Unit::kBytes, FieldKind::kGauge, 5, "memory it holds in RAM",
     [](const ProcessRow& row, double) { return of_memory(row, &MemoryUse::rss_bytes); }},
    {"memory.rss_change_bytes", "ΔRES", Unit::kBytes, FieldKind::kCounter, 6,
     "how much RES changed",
     [](const ProcessRow& row, double) { return of_memory(row, &MemoryUse::rss_change_bytes); }},
    {"memory.growth_bytes_per_hour", "ΔRES/h", Unit::kBytesPerHour, FieldKind::kGauge, 6,
     "how fast RES grew over the last minutes",
     [](const ProcessRow& row, double) {
       return row.memory ? value_of(row.memory->growth_bytes_per_hour) : Value();
     }},
    {"memory.peak_bytes", "PEAK", Unit::kBytes, FieldKind::kGauge, 5, "the most RES ever was",
     [](const ProcessRow& row, double) {
       return row.memory ? value_of(row.memory->peak_bytes) : Value();
     }},
    {"memory.swap_bytes", "SWAP", Unit::kBytes, FieldKind::kGauge, 5, "memory swapped out",
     [](const ProcessRow& row, double) {
       return row.memory ? value_of(row.memory->swap_bytes) : Value();
     }},
    usage_field::major_faults<ProcessRow>,
    usage_field::minor_faults<ProcessRow>,
    usage_field::read_bytes<ProcessRow>,
    usage_field::write_bytes<ProcessRow>,
    usage_field::disk_wait_seconds<ProcessRow>,
    usage_field::receive_bytes<ProcessRow>,
    usage_field::transmit_bytes<ProcessRow>,
    {"network.connections", "CONN/s", Unit::kCount, FieldKind::kCounter, 6,
     "connections opened and accepted",
     [](const ProcessRow& row, double) { return value_of(row.connections); }},
    usage_field::retransmits<ProcessRow>,
    {"network.listen_overflows", "OVFL/s", Unit::kCount, FieldKind::kCounter, 6,
     "connections that its listening sockets dropped, their accept queues being full",
     [](const ProcessRow& row, double) { return value_of(row.listen_overflows); }},
    {"network.accept_queue_ratio", "ACCQ%", Unit::kRatio, FieldKind::kGauge, 6,
     "how full the accept queue of its fullest listening socket is; over 1 it drops",
     [](const ProcessRow& row, double) { return value_of(row.accept_queue_ratio); }},
    {"network.accept_backlog", "BACKLOG", Unit::kCount, FieldKind::kGauge, 7,
     "connections that may wait at that socket: the lesser of its backlog and somaxconn",
     [](const ProcessRow& row, double) { return value_of(row.accept_backlog); }},
    {"process_limit", "NPROC", Unit::kCount, FieldKind::kGauge, 7,
     "processes and threads that its user may have, by its own limit (ulimit -u)",
     [](const ProcessRow& row, double) { return value_of(row.process_limit); }},
    {"sync.count", "FSYNC/s", Unit::kCount, FieldKind::kCounter, 7,
     "times it made files durable: fsync and its kin", of<&P::sync_latency, &Latency::count>},
    {"sync.latency.p50_seconds", "FSP50", Unit::kLatency, FieldKind::kGauge, 7,
     "half of those took no longer", of<&P::sync_latency, &Latency::p50_seconds>},
    {"sync.latency.p99_seconds", "FSP99", Unit::kLatency, FieldKind::kGauge, 7,
     "99 % of those took no longer", of<&P::sync_latency, &Latency::p99_seconds>},
    {"sync.latency.max_seconds", "", Unit::kLatency, FieldKind::kGauge, 7, "the longest of those",
     of<&P::sync_latency, &Latency::max_seconds>},
    {"file_descriptors.open", "FD", Unit::kCount, FieldKind::kGauge, 5, "open descriptors",
     [](const ProcessRow& row, double) { return value_of(row.open_files); }},
    {"file_descriptors.soft_limit", "FDLIM", Unit::kCount, FieldKind::kGauge, 7,
     "descriptors it may have open",
     [](const ProcessRow& row, double) { return value_of(row.open_files_soft_limit); }},
    {"calls.count", "CALL/s", Unit::kCount, FieldKind::kCounter, 6,
     "calls of databases and caches that it made", of<&P::calls, &CallTotals::count>},
    {"calls.errors", "CERR/s", Unit::kCount, FieldKind::kCounter, 6, "of those, failed",
     of<&P::calls, &CallTotals::errors>},
    {"calls.seconds", "CALL%", Unit::kSeconds, FieldKind::kCounter, 6,
     "time those took, summed; over 100 % several ran at once",
     of<&P::calls, &CallTotals::seconds>},
    {"requests.count", "REQ/s", Unit::kCount, FieldKind::kCounter, 6, "requests it answered",
     of<&P::requests, &RequestTotals::count>},
    {"requests.errors", "RERR/s", Unit::kCount, FieldKind::kCounter, 6, "of those, failed",
     of<&P::requests, &RequestTotals::errors>},
    {"requests.latency.p50_seconds", "REQP50", Unit::kLatency, FieldKind::kGauge, 7,
     "half of its requests took no longer", request_latency<&Latency::p50_seconds>},
    {"requests.latency.p95_seconds", "REQP95", Unit::kLatency, FieldKind::kGauge, 7,
     "95 % of its requests took no longer", request_latency<&Latency::p95_seconds>},
    {"requests.latency.p99_seconds", "REQP99", Unit::kLatency, FieldKind::kGauge, 7,
     "99 % of its requests took no longer", request_latency<&Latency::p99_seconds>},
};

}  // namespace

std::span<const Field<ProcessRow>> process_fields() {
  return kProcessFields;
}

std::string_view class_name(Class value) {
  switch (value) {
    case Class::kForeground:
      return "foreground";
    case Class::kBackground:
      return "background";
    case Class::kSystem:
      return "system";
    case Class::kUnknown:
      return "unknown";
  }
  return "unknown";
}

}  // namespace culprit
