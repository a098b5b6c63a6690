// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string_view>

#include "model/counter.h"

#include "model/system_row.h"

namespace culprit {
namespace {

/// By enum loss_cause.
constexpr std::array<std::string_view, LOSS_CAUSES> kCauses = {"ring_buffer_full",
                                                               "thread_storage",
                                                               "delay_pairs_full",
                                                               "delay_history_short",
                                                               "socket_storage",
                                                               "user_read",
                                                               "devices_full",
                                                               "call_buffer_full",
                                                               "connections_full",
                                                               "connection_busy",
                                                               "connection_pairs_full",
                                                               "calls_untold",
                                                               "query_texts_full",
                                                               "plaintext_unassigned",
                                                               "tasks_full",
                                                               "task_codes_full",
                                                               "task_walks_cut",
                                                               "stacks_full",
                                                               "stack_frames_full",
                                                               "syncs_full",
                                                               "lookups_full"};

ProbeRow probe_row(const Sample& before, const ProbeReading& probe) {
  ProbeRow row{probe.name, probe.attach, probe.state, probe.reason, std::nullopt, std::nullopt};
  if (!probe.runs || !probe.run_ns) return row;
  // Before its first measurement a probe's cost is not known; that it started at nothing is.
  std::uint64_t runs = 0, run_ns = 0;
  for (const ProbeReading& earlier : before.collector.probes) {
    if (earlier.name != probe.name || earlier.attach != probe.attach) continue;
    runs = earlier.runs.value_or(0);
    run_ns = earlier.run_ns.value_or(0);
  }
  row.runs = increase(runs, *probe.runs);
  row.seconds = static_cast<double>(increase(run_ns, *probe.run_ns)) * kSecondsPerNanosecond;
  return row;
}

}  // namespace

CollectorRow make_collector_row(const Sample& before, const Sample& after) {
  CollectorRow row;
  row.bpf = after.coverage.bpf;
  const CollectorReading& old = before.collector;
  const CollectorReading& now = after.collector;
  for (const ProbeReading& probe : now.probes) {
    row.probes.push_back(probe_row(before, probe));
    const ProbeRow& last = row.probes.back();
    if (last.seconds) row.kernel_seconds = row.kernel_seconds.value_or(0) + *last.seconds;
  }
  row.events_received = increase(old.records_received, now.records_received);
  for (std::size_t cause = 0; cause < kCauses.size(); cause++) {
    const std::uint64_t lost = increase(old.losses[cause], now.losses[cause]);
    row.events_lost += lost;
    if (lost) row.lost_by_cause[std::string(kCauses[cause])] = lost;
  }
  row.user_seconds = static_cast<double>(increase(old.user_ns, now.user_ns) +
                                         increase(old.system_ns, now.system_ns)) *
                     kSecondsPerNanosecond;
  row.memory_bytes = now.memory_bytes;
  row.map_bytes = now.map_bytes;
  return row;
}

}  // namespace culprit
