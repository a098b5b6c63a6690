// SPDX-License-Identifier: Apache-2.0
#include "model/process_rows.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "model/counter.h"
#include "model/unit_name.h"
#include "model/usage.h"

namespace culprit {
namespace {

using Delays = std::unordered_map<std::uint32_t, std::vector<DelayedBy>>;

std::string process_name(const ProcessTable& table, std::uint32_t pid) {
  const auto process = table.processes().find(pid);
  return process == table.processes().end() ? "" : process->second.name;
}

/// By victim, longest first.
Delays group_delays(const ProcessTable& table, const std::vector<DelayReading>& delays) {
  Delays by_victim;
  for (const DelayReading& delay : delays)
    by_victim[delay.victim].push_back({delay.suspect,
                                       process_name(table, delay.suspect),
                                       static_cast<double>(delay.ns) * kSecondsPerNanosecond,
                                       {}});
  for (auto& [victim, list] : by_victim) {
    std::sort(list.begin(), list.end(), [](const DelayedBy& a, const DelayedBy& b) {
      return a.seconds != b.seconds ? a.seconds > b.seconds : a.pid < b.pid;
    });
  }
  return by_victim;
}

std::vector<ThreadRow> thread_rows(const ProcessTable& table, const ProcessEntry& process) {
  std::vector<ThreadRow> rows = process.ended_threads;
  for (const std::uint32_t tid : process.tids) {
    const ThreadEntry* thread = table.thread(tid);
    if (!thread || !used_anything(thread->usage)) continue;
    const thread_record& last = thread->last;
    ThreadRow row;
    row.tid = tid;
    row.name.assign(last.name, strnlen(last.name, COMM_SIZE));
    row.condition = static_cast<thread_condition>(last.condition);
    if (last.condition == THREAD_BLOCKED && last.reason < BLOCKED_REASONS)
      row.reason = static_cast<blocked_reason>(last.reason);
    row.usage = thread->usage;
    rows.push_back(std::move(row));
  }
  std::sort(rows.begin(), rows.end(), [](const ThreadRow& a, const ThreadRow& b) {
    if (a.usage.cpu_seconds != b.usage.cpu_seconds)
      return a.usage.cpu_seconds > b.usage.cpu_seconds;
    return a.tid < b.tid;
  });
  return rows;
}

std::optional<MemoryUse> memory_of(const ProcessEntry& process) {
  if (!process.rss_bytes || process.kernel_thread) return std::nullopt;
  MemoryUse memory;
  memory.rss_bytes = *process.rss_bytes;
  memory.rss_change_bytes = process.rss_before_bytes
                                ? static_cast<std::int64_t>(*process.rss_bytes) -
                                      static_cast<std::int64_t>(*process.rss_before_bytes)
                                : 0;
  memory.growth_bytes_per_hour = process.memory_trend.bytes_per_hour();
  memory.peak_bytes = process.rss_peak_bytes;
  memory.swap_bytes = process.swap_bytes;
  return memory;
}

void name_unit(ProcessRow& row, const ProcessEntry& process, const Names& names) {
  row.cgroup = names.cgroup_path(process.cgroup_id);
  if (!row.cgroup) return;
  const UnitName unit = unit_name(*row.cgroup);
  row.unit = unit.unit;
  if (unit.container_id) row.container = names.container(*unit.container_id);
}

ProcessRow make_row(const ProcessTable& table, const ProcessEntry& process, const Names& names,
                    Delays& delays) {
  ProcessRow row;
  row.id = process.id;
  row.parent_pid = process.parent_pid;
  row.uid = process.uid;
  row.name = process.name;
  row.command = process.command;
  row.executable = process.executable;
  row.user = names.user(process.uid);
  name_unit(row, process, names);
  row.kernel_thread = process.kernel_thread;
  row.thread_count = process.thread_count;
  row.nice = process.nice;
  row.cpu_seconds_total = process.cpu_seconds_total;
  row.usage = process.usage;
  row.memory = memory_of(process);
  row.open_files = process.open_files;
  row.open_files_soft_limit = process.open_files_soft_limit;
  if (row.usage.connects && row.usage.accepts)
    row.connections = *row.usage.connects + *row.usage.accepts;
  row.listen_overflows = process.listen_overflows;
  row.accept_queue_ratio = process.accept_queue_ratio;
  row.accept_backlog = process.accept_backlog;
  row.process_limit = process.process_limit;
  row.sync_latency = process.sync_latency;
  row.recent_read_bytes = process.recent_reads.sum();
  row.exited = process.exited;
  row.ended_ns = process.ended_ns;
  if (process.oom_kill) {
    const OomKillEvent& kill = *process.oom_kill;
    row.oom_killed = OomKilled{names.cgroup_path(kill.cgroup_id).value_or(""),
                               kill.limit_bytes ? std::optional(kill.limit_bytes) : std::nullopt};
  }
  row.threads = thread_rows(table, process);
  const auto delayed = delays.find(process.id.pid);
  if (delayed != delays.end()) row.delayed_by = std::move(delayed->second);
  return row;
}

}  // namespace

std::vector<ProcessRow> make_process_rows(const ProcessTable& table, const Names& names,
                                          const std::vector<DelayReading>& delays) {
  Delays by_victim = group_delays(table, delays);
  // Sorted before the rows are made: an entry is cheap to point to, a row dear to move.
  std::vector<const ProcessEntry*> order;
  order.reserve(table.processes().size() + table.replaced().size());
  for (const auto& [pid, process] : table.processes()) order.push_back(&process);
  for (const ProcessEntry& process : table.replaced()) order.push_back(&process);
  std::sort(order.begin(), order.end(), [](const ProcessEntry* a, const ProcessEntry* b) {
    if (a->usage.cpu_seconds != b->usage.cpu_seconds)
      return a->usage.cpu_seconds > b->usage.cpu_seconds;
    return a->id < b->id;
  });
  std::vector<ProcessRow> rows;
  rows.reserve(order.size());
  for (const ProcessEntry* process : order)
    rows.push_back(make_row(table, *process, names, by_victim));
  return rows;
}

}  // namespace culprit
