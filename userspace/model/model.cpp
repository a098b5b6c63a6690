// SPDX-License-Identifier: Apache-2.0
#include "model/model.h"

#include <algorithm>
#include <utility>

#include "model/counter.h"
#include "model/lookup_rows.h"
#include "model/process_rows.h"
#include "model/stack_rows.h"
#include "model/system_row.h"
#include "model/unit_rows.h"

namespace culprit {
namespace {

CgroupReadings by_path(const std::vector<CgroupReading>& readings) {
  CgroupReadings map;
  for (const CgroupReading& reading : readings) map.emplace(reading.path, reading);
  return map;
}

/// What the next interval compares with; the long lists are in the process table.
Sample without_lists(const Sample& sample) {
  Sample kept;
  kept.wall_ns = sample.wall_ns;
  kept.monotonic_ns = sample.monotonic_ns;
  kept.run_queue_latency = sample.run_queue_latency;
  kept.block_latencies = sample.block_latencies;
  kept.host = sample.host;
  kept.collector = sample.collector;
  return kept;
}

void sum_run_queue(SystemRow& system, const std::vector<ProcessRow>& processes) {
  for (const ProcessRow& process : processes)
    if (process.usage.run_queue_seconds)
      system.run_queue_seconds =
          system.run_queue_seconds.value_or(0) + *process.usage.run_queue_seconds;
}

}  // namespace

Model::Model(HostIdentity host) : Model(std::move(host), TaskRules::shipped()) {}

Model::Model(HostIdentity host, TaskRules rules)
    : host_(std::move(host)), tasks_(std::move(rules)) {}

Snapshot Model::describe(const Sample& sample, double seconds) {
  Snapshot snapshot;
  snapshot.host = host_;
  snapshot.start_wall_ns = previous_->wall_ns;
  snapshot.end_wall_ns = sample.wall_ns;
  snapshot.seconds = seconds;
  snapshot.collector = make_collector_row(*previous_, sample);
  snapshot.processes = make_process_rows(processes_, names_, sample.delays);
  snapshot.system = make_system_row(*previous_, sample, seconds);
  snapshot.system.accounting = make_accounting(*previous_, sample, seconds, snapshot.processes);
  sum_run_queue(snapshot.system, snapshot.processes);
  snapshot.system.process_count =
      static_cast<std::uint64_t>(std::count_if(snapshot.processes.begin(), snapshot.processes.end(),
                                               [](const ProcessRow& row) { return !row.exited; }));
  snapshot.system.thread_count = processes_.thread_count();
  return snapshot;
}

std::optional<Snapshot> Model::advance(const Sample& sample) {
  names_.learn(sample);
  frames_.learn(sample.frames);
  // A Sample that is not later than the one before opens a new series.
  const bool first = !previous_ || sample.monotonic_ns <= previous_->monotonic_ns;
  processes_.advance(sample, previous_ ? previous_->monotonic_ns : 0, first);
  task_names_.learn(sample);
  const std::uint64_t begin_ns = previous_ ? previous_->monotonic_ns : 0;
  CallRows calls = calls_.advance(sample, processes_, task_names_, begin_ns, first);
  CgroupReadings cgroups = by_path(sample.cgroups);
  std::optional<Snapshot> snapshot;
  if (!first) {
    const auto elapsed = static_cast<double>(sample.monotonic_ns - previous_->monotonic_ns);
    snapshot = describe(sample, elapsed * kSecondsPerNanosecond);
    add_calls(*snapshot, calls);
    if (sample.coverage.stacks) snapshot->stacks = make_stack_rows(sample.stacks, frames_);
    snapshot->lookups = make_lookup_rows(sample.lookups, processes_);
    snapshot->units = make_unit_rows(snapshot->processes, cgroups_, cgroups, names_);
  }
  TaskInterval interval{sample, task_names_, calls, begin_ns, first};
  tasks_.advance(interval, snapshot ? &*snapshot : nullptr);
  cgroups_ = std::move(cgroups);
  previous_ = without_lists(sample);
  return snapshot;
}

}  // namespace culprit
