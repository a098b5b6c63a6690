// SPDX-License-Identifier: Apache-2.0
#include "model/field.h"
#include "model/field_value.h"
#include "model/task_delays.h"
#include "model/task_rules.h"

namespace culprit {
namespace {

using T = TaskRow;

template <auto member>
Value of_source(const T& row, double) {
  return row.source ? Value((*row.source).*member) : Value();
}

template <blocked_reason reason>
Value blocked(const T& row, double) {
  return row.blocked_seconds ? Value((*row.blocked_seconds)[reason]) : Value();
}

template <auto member>
Value of_calls(const T& row, double) {
  return row.calls ? Value((*row.calls).*member) : Value();
}

template <auto member>
Value of_rhythm(const T& row, double) {
  return value_of(row.rhythm.*member);
}

constexpr Field<T> kTaskFields[] = {
    {"id", "", Unit::kNone, FieldKind::kLabel, 16,
     "the same after a restart of its process or of culprit",
     [](const T& row, double) { return Value(row.id); }},
    {"kind", "KIND", Unit::kNone, FieldKind::kLabel, 9,
     "coroutine, thread, callback, job, unit or process",
     [](const T& row, double) { return Value(std::string(kind_name(row.kind))); }},
    {"group", "GROUP", Unit::kNone, FieldKind::kLabel, 12, "what it belongs to, by a rule",
     [](const T& row, double) { return value_of(row.group); }},
    {"class", "CLASS", Unit::kNone, FieldKind::kLabel, 5,
     "foreground answers requests, background works on its own clock, system serves the host",
     [](const T& row, double) { return Value(std::string(class_name(row.verdict.value))); }},
    {"class_confidence", "", Unit::kRatio, FieldKind::kLabel, 5, "how sure the class is",
     [](const T& row, double) {
       return row.verdict.because.empty() ? Value() : Value(row.verdict.confidence);
     }},
    {"class_because", "", Unit::kNone, FieldKind::kLabel, 30,
     "the rule or evidence that decided its class",
     [](const T& row, double) {
       return row.verdict.because.empty() ? Value() : Value(row.verdict.because);
     }},
    {"process.pid", "PID", Unit::kNone, FieldKind::kLabel, 7,
     "process that it is in, the oldest of several",
     [](const T& row, double) { return Value(std::uint64_t{row.process.id.pid}); }},
    {"process.start_time_ns", "", Unit::kNanoseconds, FieldKind::kLabel, 16,
     "when that started, since boot",
     [](const T& row, double) { return Value(row.process.id.start_time_ns); }},
    {"process.name", "PROCESS", Unit::kNone, FieldKind::kLabel, 15, "its short name in the kernel",
     [](const T& row, double) { return Value(row.process.name); }},
    {"workers", "WRK", Unit::kCount, FieldKind::kGauge, 4, "processes that do it",
     [](const T& row, double) { return Value(row.workers); }},
    {"source.file", "FILE", Unit::kNone, FieldKind::kLabel, 20, "file that its code is in",
     of_source<&CodeName::file>},
    {"source.function", "FUNCTION", Unit::kNone, FieldKind::kLabel, 20, "function that it runs",
     of_source<&CodeName::function>},
    {"source.line", "", Unit::kNone, FieldKind::kLabel, 5, "where that begins",
     [](const T& row, double) {
       return row.source && row.source->line ? Value(std::uint64_t{row.source->line}) : Value();
     }},
    {"cpu_cores", "CPU%", Unit::kCores, FieldKind::kGauge, 6,
     "CPU time per second; in top 100 % is one CPU",
     [](const T& row, double seconds) {
       return seconds > 0 ? Value(row.cpu_seconds / seconds) : Value();
     }},
    {"cpu_seconds", "", Unit::kSeconds, FieldKind::kCounter, 8, "CPU time in the interval",
     [](const T& row, double) { return Value(row.cpu_seconds); }},
    {"cpu_share_error", "±", Unit::kRatio, FieldKind::kGauge, 5,
     "its share of its process's CPU time is within this of the truth, in 95 % of intervals",
     [](const T& row, double) { return value_of(row.cpu_share_error); }},
    {"method", "", Unit::kNone, FieldKind::kLabel, 7,
     "exact: its CPU time was measured; sampled: shared out by samples",
     [](const T& row, double) { return Value(std::string(row.sampled ? "sampled" : "exact")); }},
    {"run_queue_seconds", "RUNQ%", Unit::kSeconds, FieldKind::kCounter, 6,
     "time it was ready to run and waited for a CPU",
     [](const T& row, double) { return value_of(row.run_queue_seconds); }},
    {"delay_seconds", "DELAY%", Unit::kSeconds, FieldKind::kCounter, 6,
     "time that other processes were ready and waited while it ran on their CPU",
     [](const T& row, double) {
       return row.run_queue_seconds ? Value(delay_seconds(row)) : Value();
     }},
    {"blocked_seconds.disk", "DISK%", Unit::kSeconds, FieldKind::kCounter, 6,
     "time blocked for disks", blocked<BLOCKED_DISK>},
    {"blocked_seconds.lock", "LOCK%", Unit::kSeconds, FieldKind::kCounter, 6,
     "time blocked for locks", blocked<BLOCKED_LOCK>},
    {"blocked_seconds.network", "NET%", Unit::kSeconds, FieldKind::kCounter, 6,
     "time blocked for the network", blocked<BLOCKED_NETWORK>},
    {"blocked_seconds.sleep", "SLEEP%", Unit::kSeconds, FieldKind::kCounter, 6,
     "time asleep on purpose", blocked<BLOCKED_SLEEP>},
    {"blocked_seconds.other", "OTHER%", Unit::kSeconds, FieldKind::kCounter, 6,
     "time blocked for other reasons", blocked<BLOCKED_OTHER>},
    {"memory_growth_bytes", "ΔRES", Unit::kBytes, FieldKind::kCounter, 6,
     "how much its process's memory in RAM grew while it ran",
     [](const T& row, double) { return value_of(row.memory_growth_bytes); }},
    {"calls.count", "CALL/s", Unit::kCount, FieldKind::kCounter, 6,
     "calls of databases and caches that it made", of_calls<&CallTotals::count>},
    {"calls.seconds", "CALL%", Unit::kSeconds, FieldKind::kCounter, 6, "time those took, summed",
     of_calls<&CallTotals::seconds>},
    {"calls.errors", "CERR/s", Unit::kCount, FieldKind::kCounter, 6, "of those, failed",
     of_calls<&CallTotals::errors>},
    {"requests", "REQ/s", Unit::kCount, FieldKind::kCounter, 6, "requests it answered",
     [](const T& row, double) { return value_of(row.requests); }},
    {"runs", "RUN/s", Unit::kCount, FieldKind::kCounter, 6,
     "runs that it began; unknown where they are so short that samples miss some",
     of_rhythm<&TaskRhythm::runs>},
    {"period_seconds", "EVERY", Unit::kLatency, FieldKind::kGauge, 7,
     "from the start of a run to that of the next, median", of_rhythm<&TaskRhythm::period_seconds>},
    {"period_jitter_seconds", "JITTER", Unit::kLatency, FieldKind::kGauge, 7,
     "spread of that, as a standard deviation", of_rhythm<&TaskRhythm::period_jitter_seconds>},
    {"cpu_seconds_per_run", "CPU/RUN", Unit::kLatency, FieldKind::kGauge, 7, "CPU time of one run",
     of_rhythm<&TaskRhythm::cpu_seconds_per_run>},
    {"calls_per_run", "C/RUN", Unit::kCount, FieldKind::kGauge, 6, "calls of one run",
     of_rhythm<&TaskRhythm::calls_per_run>},
    {"overlaps", "OVER", Unit::kCount, FieldKind::kGauge, 4,
     "other background tasks that run at the same time", of_rhythm<&TaskRhythm::overlaps>},
    {"name", "TASK", Unit::kNone, FieldKind::kLabel, 30, "what it does, and where that is written",
     [](const T& row, double) { return Value(row.name); }},
};

}  // namespace

std::span<const Field<TaskRow>> task_fields() {
  return kTaskFields;
}

}  // namespace culprit
