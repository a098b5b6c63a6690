// SPDX-License-Identifier: Apache-2.0
#include "model/task_counters.h"

#include "model/counter.h"

namespace culprit {
namespace {

constexpr std::size_t kMostTasks = 100'000;

TaskChange change_of(const TaskReading& before, const TaskReading& after) {
  TaskChange change;
  change.samples = increase(before.samples, after.samples);
  change.squares = after.squares ? increase(before.squares, after.squares) : change.samples;
  change.contended = increase(before.contended, after.contended);
  if (after.cpu_ns) change.cpu_seconds = seconds_between(before.cpu_ns.value_or(0), *after.cpu_ns);
  change.run_queue_seconds = seconds_between(before.run_queue_ns, after.run_queue_ns);
  for (std::size_t reason = 0; reason < change.blocked_seconds.size(); ++reason)
    change.blocked_seconds[reason] =
        seconds_between(before.blocked_ns[reason], after.blocked_ns[reason]);
  change.growth_bytes = after.growth_bytes - before.growth_bytes;
  change.runs = after.runs;
  return change;
}

}  // namespace

TaskCounters::Changes TaskCounters::advance(const Sample& sample, const TaskNames& names,
                                            bool first) {
  Changes changes;
  if (first) tasks_.clear();
  for (const TaskReading& reading : sample.tasks) {
    Counted& counted = tasks_[reading.task];
    const NamedTask* name = names.find(reading.task);
    if (!first && name) {
      TaskChange change = change_of(counted.last, reading);
      change.name = name;
      changes[name->process].push_back(std::move(change));
    }
    counted.last = reading;
    counted.last.runs.clear();
    counted.read_ns = sample.monotonic_ns;
  }
  if (tasks_.size() > kMostTasks) forget_old(sample.monotonic_ns);
  return changes;
}

/// Ids are not used again: what has not changed for long has most likely ended.
void TaskCounters::forget_old(std::uint64_t now_ns) {
  constexpr std::uint64_t kMemoryNs = 600'000'000'000;
  std::erase_if(
      tasks_, [&](const auto& task) { return increase(task.second.read_ns, now_ns) > kMemoryNs; });
}

}  // namespace culprit
