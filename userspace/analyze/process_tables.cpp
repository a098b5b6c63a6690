// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "analyze/row_table.h"
#include "analyze/targets.h"
#include "model/task_delays.h"

namespace culprit {
namespace {

using rule_field::counter;
using rule_field::gauge;
using rule_field::ratio;
using rule_field::text;

/// What bounds its memory: the limit of its unit, else the host.
std::optional<double> memory_limit(const ProcessRow& row, const Situation& situation) {
  const UnitRow* unit = situation.unit(row);
  if (unit && unit->memory_limit_bytes) return static_cast<double>(*unit->memory_limit_bytes);
  const auto& memory = situation.snapshot().system.memory;
  return memory ? std::optional(static_cast<double>(memory->total_bytes)) : std::nullopt;
}

Value time_to_limit(const ProcessRow& row, const Situation& situation) {
  const auto limit = memory_limit(row, situation);
  if (!limit || !row.memory || !row.memory->growth_bytes_per_hour) return {};
  const double left = *limit - static_cast<double>(row.memory->rss_bytes);
  return left > 0 ? ratio(left * 3600, *row.memory->growth_bytes_per_hour) : Value();
}

Value file_ratio(const ProcessRow& row, const Situation&) {
  if (!row.open_files || !row.open_files_soft_limit) return {};
  return ratio(*row.open_files, *row.open_files_soft_limit);
}

Value oom_limit(const ProcessRow& row, const Situation&) {
  if (!row.oom_killed || !row.oom_killed->limit_bytes) return {};
  return Value(*row.oom_killed->limit_bytes);
}

std::vector<RuleField<ProcessRow>> process_rule_fields() {
  using P = ProcessRow;
  return {
      {gauge("answers", Unit::kNone, "1: it answers requests, or is a database's server"),
       [](const P& row, const Situation& s) { return Value(std::uint64_t{s.answers(row)}); }},
      {gauge("file_descriptors.used_ratio", Unit::kRatio, "share of its descriptors in use"),
       file_ratio},
      {gauge("memory.limit_bytes", Unit::kBytes, "what its unit, or else the host, can give it"),
       [](const P& row, const Situation& s) {
         const auto limit = memory_limit(row, s);
         return limit ? Value(*limit) : Value();
       }},
      {gauge("memory.limit_in_seconds", Unit::kSeconds,
             "when it will be there if it grows on like this"),
       time_to_limit},
      {gauge("oom_killed", Unit::kNone, "1: the kernel killed it, memory having run out"),
       [](const P& row, const Situation&) {
         return Value(std::uint64_t{row.oom_killed.has_value()});
       }},
      {gauge("oom_limit_bytes", Unit::kBytes, "the limit that was hit; absent: the host's memory"),
       oom_limit},
      {counter("children.ended", Unit::kCount, "children of it that ended in the interval"),
       [](const P& row, const Situation& s) { return Value(s.children(row.id.pid).count); }},
      {counter("children.cpu_seconds", Unit::kSeconds, "CPU time of those"),
       [](const P& row, const Situation& s) { return Value(s.children(row.id.pid).cpu_seconds); }},
  };
}

double per_second(std::optional<std::uint64_t> count, const Situation& situation) {
  return situation.seconds() > 0 ? static_cast<double>(count.value_or(0)) / situation.seconds() : 0;
}

std::vector<RuleField<ThreadUseRow>> thread_rule_fields() {
  using T = ThreadUseRow;
  return {
      {text("name", "the thread's name"),
       [](const T& row, const Situation&) { return Value(row.thread->name); }},
      {text("process.name", "its process"),
       [](const T& row, const Situation&) { return Value(row.process->name); }},
      {text("process.class", "what that is there for"),
       [](const T& row, const Situation&) {
         return Value(std::string(class_name(row.process->process_class)));
       }},
      {gauge("process.answers", Unit::kNone, "1: that answers requests"),
       [](const T& row, const Situation& s) {
         return Value(std::uint64_t{s.answers(*row.process)});
       }},
      {gauge("cpu_cores", Unit::kCores, "CPU time per second"),
       [](const T& row, const Situation& s) {
         return ratio(row.thread->usage.cpu_seconds, s.seconds());
       }},
      {gauge("wakeups_per_second", Unit::kCount, "times a second that it waited and went on"),
       [](const T& row, const Situation& s) {
         return row.thread->usage.voluntary_switches
                    ? Value(per_second(row.thread->usage.voluntary_switches, s))
                    : Value();
       }},
      {gauge("cpu_seconds_per_wakeup", Unit::kLatency, "CPU time between two waits"),
       [](const T& row, const Situation&) {
         const Usage& usage = row.thread->usage;
         return ratio(usage.cpu_seconds, static_cast<double>(usage.voluntary_switches.value_or(0)));
       }},
      {gauge("sleep_ratio", Unit::kRatio,
             "share of the interval in which it slept on its own wish"),
       [](const T& row, const Situation& s) {
         const auto& blocked = row.thread->usage.blocked_seconds;
         return blocked ? ratio((*blocked)[BLOCKED_SLEEP], s.seconds()) : Value();
       }},
      {gauge("bytes_per_second", Unit::kBytes, "moved to and from disks and sockets"),
       [](const T& row, const Situation& s) {
         const Usage& usage = row.thread->usage;
         return Value(per_second(usage.read_bytes, s) + per_second(usage.write_bytes, s) +
                      per_second(usage.receive_bytes, s) + per_second(usage.transmit_bytes, s));
       }},
  };
}

std::vector<RuleField<UnitRow>> unit_rule_fields() {
  using U = UnitRow;
  return {
      {gauge("waiting_per_cpu", Unit::kCount, "threads of it that wait for a CPU, per CPU"),
       [](const U& row, const Situation& s) {
         return ratio(row.usage.run_queue_seconds.value_or(0),
                      s.seconds() * s.snapshot().host.cpu_count);
       }},
      {gauge("own_delay_ratio", Unit::kRatio, "share of that wait that was for each other"),
       [](const U& row, const Situation& s) {
         return ratio(s.own_delay_seconds(row), row.usage.run_queue_seconds.value_or(0));
       }},
      {gauge("host_cpus", Unit::kCount, "CPUs of the host"),
       [](const U&, const Situation& s) {
         return Value(std::uint64_t{s.snapshot().host.cpu_count});
       }},
      {gauge("memory.used_ratio", Unit::kRatio, "share of its limit that it uses, cache included"),
       [](const U& row, const Situation&) {
         if (!row.memory_bytes || !row.memory_limit_bytes) return Value();
         return ratio(*row.memory_bytes, *row.memory_limit_bytes);
       }},
  };
}

std::vector<Target> answering_members(const UnitRow& unit, const Situation& situation) {
  std::vector<Target> members;
  for (const ProcessRow& row : situation.snapshot().processes)
    if (row.cgroup == unit.path && situation.answers(row)) members.push_back(target_of(row));
  return members;
}

/// Absent where the process is not known to have tasks.
Value delaying_task(const ContentionRow& row, const Situation& situation) {
  const TaskRow* found = nullptr;
  std::pair<double, double> most{-1, -1};
  for (const TaskRow& task : situation.snapshot().tasks) {
    if (task.process.id != row.suspect->id || task.kind == TaskRowKind::kProcess) continue;
    const std::pair<double, double> by{delay_seconds(task), task.cpu_seconds};
    if (by > most) most = by, found = &task;
  }
  return found ? Value(found->name) : Value();
}

std::vector<RuleField<ContentionRow>> contention_rule_fields() {
  using C = ContentionRow;
  return {
      {text("suspect.name", "who ran"),
       [](const C& row, const Situation&) { return Value(row.suspect->name); }},
      {text("suspect.class", "what it is there for"),
       [](const C& row, const Situation&) {
         return Value(std::string(class_name(row.suspect->process_class)));
       }},
      {text("suspect.unit", "its unit"),
       [](const C& row, const Situation&) {
         return row.suspect->unit ? Value(*row.suspect->unit) : Value();
       }},
      {text("suspect.task",
            "the task of it that others waited for most, or that used most CPU time"),
       delaying_task},
      {gauge("suspect.answers", Unit::kNone, "1: it answers requests itself"),
       [](const C& row, const Situation& s) {
         return Value(std::uint64_t{s.answers(*row.suspect)});
       }},
      {gauge("suspect.processes", Unit::kCount, "processes that it stands for"),
       [](const C& row, const Situation&) { return Value(std::uint64_t{row.processes}); }},
      {gauge("suspect.cpu_cores", Unit::kCores, "CPU time of them per second"),
       [](const C& row, const Situation& s) { return ratio(row.cpu_seconds, s.seconds()); }},
      {gauge("suspect.nice", Unit::kNone, "its nice value"),
       [](const C& row, const Situation&) { return Value(std::int64_t{row.suspect->nice}); }},
      {counter("delay_seconds", Unit::kSeconds, "time that others waited for it, together"),
       [](const C& row, const Situation&) { return Value(row.delay_seconds); }},
      {gauge("victim_share", Unit::kRatio, "largest share that it is of one victim's wait"),
       [](const C& row, const Situation&) { return Value(row.victim_share); }},
      {gauge("victim_wait_ratio", Unit::kRatio, "how long that victim waited, of the interval"),
       [](const C& row, const Situation&) { return Value(row.victim_wait_ratio); }},
  };
}

}  // namespace

const Table& process_table() {
  using P = ProcessRow;
  static const RowTable<P> table(
      "process", [](const Situation& s) { return std::span<const P>(s.snapshot().processes); },
      process_fields(), process_rule_fields(),
      {self_relation<P>(), {"services", [](const P& row, const Situation& s) {
                              return targets_of(s.services_of(row.id));
                            }}});
  return table;
}

const Table& thread_table() {
  using T = ThreadUseRow;
  static const RowTable<T> table(
      "thread", [](const Situation& s) { return s.threads(); }, {}, thread_rule_fields(),
      {{"self",
        [](const T& row, const Situation&) { return std::vector{target_of(*row.process)}; }}});
  return table;
}

const Table& unit_table() {
  using U = UnitRow;
  static const RowTable<U> table(
      "unit", [](const Situation& s) { return std::span<const U>(s.snapshot().units); },
      unit_fields(), unit_rule_fields(),
      {self_relation<U>(), {"answering_members", answering_members}});
  return table;
}

const Table& contention_table() {
  using C = ContentionRow;
  static const RowTable<C> table(
      "contention", [](const Situation& s) { return s.contention(); }, {}, contention_rule_fields(),
      {{"self",
        [](const C& row, const Situation&) { return std::vector{target_of(*row.suspect)}; }},
       {"victims", [](const C& row, const Situation&) { return targets_of(row.victims); }}});
  return table;
}

}  // namespace culprit
