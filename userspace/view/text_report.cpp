// SPDX-License-Identifier: Apache-2.0
#include "view/text_report.h"

#include <algorithm>
#include <vector>

#include "model/usage.h"
#include "util/rfc3339.h"
#include "view/format.h"
#include "view/task_words.h"
#include "view/text_calls.h"
#include "view/text_findings.h"
#include "view/text_line.h"
#include "view/text_tasks.h"

namespace culprit {
namespace {

constexpr std::size_t kRowsShown = 15;
constexpr double kSeenShare = 0.01;  // of the interval: below it a delay is not told

std::string ratio(double value) {
  return format_percent(value * 100) + " %";
}

std::string pressure_text(const std::optional<Pressure>& pressure) {
  return pressure ? ratio(pressure->some_ratio) : "-";
}

void write_host(std::string& out, const Snapshot& snapshot) {
  const SystemRow& system = snapshot.system;
  line(out, "%s, Linux %s, %u CPUs: %s to %s (%.1f s)", snapshot.host.hostname.c_str(),
       snapshot.host.kernel.c_str(), snapshot.host.cpu_count,
       rfc3339(snapshot.start_wall_ns).c_str(), rfc3339(snapshot.end_wall_ns).c_str(),
       snapshot.seconds);
  out += '\n';
  if (system.cpu)
    line(out, "CPU      %s used: user %s, system %s, interrupts %s, waiting for disk %s, stolen %s",
         ratio(system.cpu->utilization_ratio).c_str(),
         format_latency(system.cpu->user_seconds).c_str(),
         format_latency(system.cpu->system_seconds).c_str(),
         format_latency(system.cpu->irq_seconds).c_str(),
         format_latency(system.cpu->iowait_seconds).c_str(),
         format_latency(system.cpu->steal_seconds).c_str());
  if (system.run_queue_latency)
    line(out, "Queue    %s of waiting for a CPU; each wait p50 %s, p95 %s, p99 %s, at most %s",
         format_latency(system.run_queue_seconds.value_or(0)).c_str(),
         format_latency(system.run_queue_latency->p50_seconds).c_str(),
         format_latency(system.run_queue_latency->p95_seconds).c_str(),
         format_latency(system.run_queue_latency->p99_seconds).c_str(),
         format_latency(system.run_queue_latency->max_seconds).c_str());
  if (system.memory) {
    const MemoryReading& memory = *system.memory;
    line(
        out, "Memory   %s of %s used, %s cached, %s dirty; swap %s of %s",
        format_bytes(static_cast<double>(memory.total_bytes - memory.available_bytes)).c_str(),
        format_bytes(static_cast<double>(memory.total_bytes)).c_str(),
        format_bytes(static_cast<double>(memory.cached_bytes)).c_str(),
        format_bytes(static_cast<double>(memory.dirty_bytes)).c_str(),
        format_bytes(static_cast<double>(memory.swap_total_bytes - memory.swap_free_bytes)).c_str(),
        format_bytes(static_cast<double>(memory.swap_total_bytes)).c_str());
  }
  line(out, "Pressure cpu %s, memory %s, io %s", pressure_text(system.cpu_pressure).c_str(),
       pressure_text(system.memory_pressure).c_str(), pressure_text(system.io_pressure).c_str());
  for (const DiskRow& disk : system.disks) {
    if (disk.read_bytes + disk.write_bytes == 0) continue;
    line(out, "Disk     %s: read %s/s, written %s/s, busy %s, latency p50 %s, p99 %s",
         disk.name.c_str(),
         format_bytes(static_cast<double>(disk.read_bytes) / snapshot.seconds).c_str(),
         format_bytes(static_cast<double>(disk.write_bytes) / snapshot.seconds).c_str(),
         ratio(disk.busy_ratio).c_str(),
         disk.latency ? format_latency(disk.latency->p50_seconds).c_str() : "-",
         disk.latency ? format_latency(disk.latency->p99_seconds).c_str() : "-");
  }
}

std::string blocked_percent(const Usage& usage, double seconds) {
  if (!usage.blocked_seconds) return "-";
  const Blocked& blocked = *usage.blocked_seconds;
  return format_percent((blocked[BLOCKED_DISK] + blocked[BLOCKED_LOCK]) / seconds * 100);
}

std::string last_words(const ProcessRow& row) {
  std::string words = row.command.value_or(row.kernel_thread ? "[" + row.name + "]" : row.name);
  if (row.oom_killed)
    words += "  (killed: out of memory" +
             (row.oom_killed->limit_bytes
                  ? ", limit " + format_bytes(static_cast<double>(*row.oom_killed->limit_bytes))
                  : std::string()) +
             ")";
  else if (row.exited)
    words += row.exited->signal ? "  (ended by signal " + std::to_string(*row.exited->signal) + ")"
             : row.exited->code ? "  (exit " + std::to_string(*row.exited->code) + ")"
                                : "  (ended)";
  return words;
}

void write_processes(std::string& out, const Snapshot& snapshot) {
  out += "\n    PID UNIT                   CPU%  RUNQ%   BLK%      RES   RD/s   WR/s  COMMAND\n";
  std::size_t shown = 0;
  for (const ProcessRow& row : snapshot.processes) {
    if (shown == kRowsShown) break;
    if (!used_anything(row.usage) && !row.oom_killed) continue;
    shown++;
    const auto rate = [&](const std::optional<std::uint64_t>& bytes) {
      return bytes ? format_bytes(static_cast<double>(*bytes) / snapshot.seconds) : "-";
    };
    line(out, "%7u %-20.20s %6s %6s %6s %8s %6s %6s  %.200s", row.id.pid,
         row.unit.value_or("-").c_str(),
         format_percent(row.usage.cpu_seconds / snapshot.seconds * 100).c_str(),
         row.usage.run_queue_seconds
             ? format_percent(*row.usage.run_queue_seconds / snapshot.seconds * 100).c_str()
             : "-",
         blocked_percent(row.usage, snapshot.seconds).c_str(),
         row.memory ? format_bytes(static_cast<double>(row.memory->rss_bytes)).c_str() : "-",
         rate(row.usage.read_bytes).c_str(), rate(row.usage.write_bytes).c_str(),
         last_words(row).c_str());
  }
}

void write_delays(std::string& out, const Snapshot& snapshot) {
  struct Pair {
    const ProcessRow* victim;
    const DelayedBy* suspect;
  };
  std::vector<Pair> pairs;
  for (const ProcessRow& victim : snapshot.processes)
    for (const DelayedBy& suspect : victim.delayed_by)
      if (suspect.pid != victim.id.pid && suspect.seconds >= snapshot.seconds * kSeenShare)
        pairs.push_back({&victim, &suspect});
  if (pairs.empty()) return;
  std::sort(pairs.begin(), pairs.end(),
            [](const Pair& a, const Pair& b) { return a.suspect->seconds > b.suspect->seconds; });
  if (pairs.size() > kRowsShown) pairs.resize(kRowsShown);
  out += "\nWho waited for whom (time queued while the other ran on that CPU)\n";
  for (const Pair& pair : pairs)
    line(out, "  %s (%u) %s behind %s", pair.victim->name.c_str(), pair.victim->id.pid,
         format_latency(pair.suspect->seconds).c_str(), delayer_text(*pair.suspect).c_str());
}

void write_books(std::string& out, const Snapshot& snapshot) {
  out += '\n';
  if (const auto& books = snapshot.system.accounting)
    line(out, "Books    %.3f s of CPU used = %.3f processes + %.3f kernel + %.3f unattributed",
         books->cpu_seconds, books->attributed_seconds, books->kernel_seconds,
         books->unattributed_seconds);
  const CollectorRow& own = snapshot.collector;
  line(out, "culprit  %s in user space, %s in the kernel, %s resident, %llu events, %llu lost",
       format_latency(own.user_seconds).c_str(),
       own.kernel_seconds ? format_latency(*own.kernel_seconds).c_str() : "-",
       format_bytes(static_cast<double>(own.memory_bytes)).c_str(),
       static_cast<unsigned long long>(own.events_received),
       static_cast<unsigned long long>(own.events_lost));
  for (const auto& [cause, count] : own.lost_by_cause)
    line(out, "         lost: %s %llu", cause.c_str(), static_cast<unsigned long long>(count));
  if (!own.bpf)
    line(out, "         without BPF: no waits, no short-lived processes; see culprit doctor");
}

}  // namespace

std::string text_report(const Snapshot& snapshot) {
  std::string out;
  write_findings(out, snapshot);
  write_host(out, snapshot);
  write_processes(out, snapshot);
  write_task_text(out, snapshot);
  write_delays(out, snapshot);
  write_call_text(out, snapshot);
  write_books(out, snapshot);
  return out;
}

}  // namespace culprit
