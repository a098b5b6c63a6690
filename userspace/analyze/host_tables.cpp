// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "analyze/number_text.h"
#include "analyze/row_table.h"
#include "analyze/targets.h"

namespace culprit {
namespace {

using rule_field::gauge;
using rule_field::ratio;
using rule_field::text;

constexpr double kFelt = 0.05;  // of the interval: less is not worth a name
constexpr std::size_t kNamesTold = 3;

double wait_of(const ProcessRow& row) {
  return row.usage.run_queue_seconds.value_or(0);
}

double disk_wait_of(const ProcessRow& row) {
  return row.usage.blocked_seconds ? (*row.usage.blocked_seconds)[BLOCKED_DISK] : 0;
}

double written_by(const ProcessRow& row) {
  return static_cast<double>(row.usage.write_bytes.value_or(0));
}

/// "python3 (81) 45 %, cc1 (97) 20 %", of the interval or of a total.
template <typename Weight>
Value names(const Situation& situation, double whole, Weight&& weight) {
  std::string list;
  const auto rows = heaviest(situation.snapshot(), whole * 0.01, weight);
  for (std::size_t index = 0; index < rows.size() && index < kNamesTold; ++index)
    list += (list.empty() ? "" : ", ") + target_text(target_of(*rows[index])) + " " +
            number_text(weight(*rows[index]) / whole, Unit::kRatio);
  return list.empty() ? Value() : Value(list);
}

/// Answering processes that felt something, most first.
template <typename Weight>
std::vector<Target> answering(const Situation& situation, Weight&& weight) {
  return targets_of(
      heaviest(situation.snapshot(), kFelt * situation.seconds(),
               [&](const ProcessRow& row) { return situation.answers(row) ? weight(row) : 0.0; }));
}

/// The longest that an answering process waited for something, as a share of the interval.
template <typename Weight>
Value longest_wait(const Situation& situation, Weight&& weight) {
  double longest = 0;
  for (const ProcessRow& row : situation.snapshot().processes)
    if (situation.answers(row)) longest = std::max(longest, weight(row));
  return ratio(longest, situation.seconds());
}

double cpus(const Situation& situation) {
  return situation.snapshot().host.cpu_count;
}

Value cpu_share(const SystemRow& row, const Situation& situation, double CpuUse::*part) {
  if (!row.cpu) return {};
  return ratio((*row.cpu).*part, situation.seconds() * cpus(situation));
}

Value runnable(const SystemRow& row, const Situation& situation) {
  if (!row.cpu || !row.run_queue_seconds) return {};
  const double running = row.cpu->utilization_ratio * cpus(situation);
  return ratio(*row.run_queue_seconds / situation.seconds() + running, cpus(situation));
}

Value retransmit_ratio(const SystemRow& row, const Situation&) {
  if (!row.retransmits || !row.segments_sent) return {};
  const std::uint64_t segments = *row.segments_sent + *row.retransmits;
  return ratio(*row.retransmits, segments);
}

Value growers(const SystemRow& row, const Situation& situation) {
  if (!row.memory) return {};
  return names(situation, static_cast<double>(row.memory->total_bytes), [](const ProcessRow& p) {
    return p.memory ? static_cast<double>(p.memory->rss_bytes) : 0.0;
  });
}

Value disk_writers(const Situation& situation) {
  double all = 0;
  for (const ProcessRow& row : situation.snapshot().processes) all += written_by(row);
  return all > 0 ? names(situation, all, written_by) : Value();
}

std::vector<RuleField<SystemRow>> host_fields() {
  using S = SystemRow;
  return {
      {gauge("cpu.steal_ratio", Unit::kRatio, "share of CPU time that the hypervisor took"),
       [](const S& row, const Situation& s) { return cpu_share(row, s, &CpuUse::steal_seconds); }},
      {gauge("cpu.runnable_per_cpu", Unit::kCount, "threads running or ready to run, per CPU"),
       runnable},
      {gauge("run_queue.latency.p99_seconds", Unit::kLatency,
             "99 % of waits for a CPU took no longer"),
       [](const S& row, const Situation&) {
         return row.run_queue_latency ? Value(row.run_queue_latency->p99_seconds) : Value();
       }},
      {gauge("answering.wait_ratio", Unit::kRatio,
             "longest that a process which answers requests waited for a CPU, of the interval"),
       [](const S&, const Situation& s) { return longest_wait(s, wait_of); }},
      {gauge("answering.disk_wait_ratio", Unit::kRatio, "the same for disks"),
       [](const S&, const Situation& s) { return longest_wait(s, disk_wait_of); }},
      {gauge("network.retransmit_ratio", Unit::kRatio,
             "share of TCP segments that were sent again"),
       retransmit_ratio},
      {text("cpu_users", "who uses the CPUs, of one CPU"),
       [](const S&, const Situation& s) {
         return names(s, s.seconds(), [](const ProcessRow& p) { return p.usage.cpu_seconds; });
       }},
      {text("memory_users", "who holds memory, of the host's"), growers},
      {text("disk_writers", "who writes to disks, of all that is written"),
       [](const S&, const Situation& s) { return disk_writers(s); }},
  };
}

std::vector<RuleField<DiskRow>> device_fields() {
  using D = DiskRow;
  return {
      {gauge("latency.p95_seconds", Unit::kLatency, "95 % of its requests took no longer"),
       [](const D& row, const Situation&) {
         return row.latency ? Value(row.latency->p95_seconds) : Value();
       }},
      {text("users", "who waits for disks, of the interval"),
       [](const D&, const Situation& s) { return names(s, s.seconds(), disk_wait_of); }},
  };
}

std::vector<RuleField<FilesystemRow>> mount_fields() {
  using F = FilesystemRow;
  return {
      {gauge("free_bytes", Unit::kBytes, "what is left"),
       [](const F& row, const Situation&) {
         return Value(static_cast<double>(row.size_bytes) * (1 - row.used_ratio));
       }},
      {text("writers", "who writes most to disks"),
       [](const F&, const Situation& s) { return disk_writers(s); }},
  };
}

}  // namespace

const Table& host_table() {
  using S = SystemRow;
  static const RowTable<S> table(
      "host", [](const Situation& s) { return std::span(&s.snapshot().system, 1); },
      system_fields(), host_fields(),
      {{"self",
        [](const S&, const Situation& s) { return std::vector{host_target(s.snapshot())}; }},
       {"waiting_for_cpu", [](const S&, const Situation& s) { return answering(s, wait_of); }},
       {"waiting_for_disk",
        [](const S&, const Situation& s) { return answering(s, disk_wait_of); }}});
  return table;
}

const Table& disk_table() {
  using D = DiskRow;
  static const RowTable<D> table(
      "disk", [](const Situation& s) { return std::span<const D>(s.snapshot().system.disks); },
      disk_fields(), device_fields(),
      {self_relation<D>(),
       {"waiting", [](const D&, const Situation& s) { return answering(s, disk_wait_of); }}});
  return table;
}

const Table& filesystem_table() {
  using F = FilesystemRow;
  static const RowTable<F> table(
      "filesystem",
      [](const Situation& s) { return std::span<const F>(s.snapshot().system.filesystems); },
      filesystem_fields(), mount_fields(), {self_relation<F>()});
  return table;
}

}  // namespace culprit
