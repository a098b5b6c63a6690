// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>

#include "model/counter.h"
#include "model/task_table.h"
#include "model/task_text.h"

namespace culprit {
namespace {

/// Overlaps are looked for among so many tasks, and count from this part of the time on.
constexpr std::size_t kMostCompared = 64;
constexpr double kOverlapSeen = 0.2;
/// Of so many runs in an interval the cost is the interval's; those at its ends matter little.
constexpr std::uint64_t kManyRuns = 10;

/// Longest that a process which answers requests waited for a CPU, as a share of the interval.
double answering_wait_ratio(const Snapshot& snapshot) {
  double longest = 0;
  for (const ProcessRow& process : snapshot.processes) {
    const bool answers = process.process_class == Class::kForeground ||
                         (process.requests && process.requests->count > 0);
    if (answers && snapshot.seconds > 0)
      longest = std::max(longest, process.usage.run_queue_seconds.value_or(0) / snapshot.seconds);
  }
  return longest;
}

/// True of what another that has just begun has started: it is part of that one's run.
bool is_part_of_start(const ProcessRow& process,
                      const std::map<std::uint32_t, const ProcessRow*>& by_pid) {
  const auto parent = by_pid.find(process.parent_pid);
  return parent != by_pid.end() && increase(parent->second->id.start_time_ns,
                                            process.id.start_time_ns) <= StartGroups::kTogetherNs;
}

/// Of runs that come so often that not all are known, by the rate of those that are.
std::optional<std::uint64_t> runs_begun(const TaskState& state, std::uint64_t begin_ns,
                                        std::uint64_t now_ns) {
  const std::optional<std::size_t> seen = state.rhythm.runs_begun_since(begin_ns);
  if (!seen || state.runs_known_from_ns <= begin_ns || state.runs_known_from_ns >= now_ns)
    return seen;
  const double known_part =
      seconds_between(state.runs_known_from_ns, now_ns) / seconds_between(begin_ns, now_ns);
  return static_cast<std::uint64_t>(std::lround(static_cast<double>(*seen) / known_part));
}

}  // namespace

void TaskTable::tell_rhythm(TaskRow& row, const TaskState& state,
                            const TaskInterval& interval) const {
  const bool is_job = state.is_job || row.kind == TaskRowKind::kJob ||
                      (row.kind == TaskRowKind::kUnit && state.ends > 0);
  const bool is_within = state.rhythm_of.pid != 0;
  // Who answers requests works when they come.
  if ((!is_job && !is_within) || row.requests.value_or(0) > 0) return;
  const std::uint64_t now_ns = interval.sample.monotonic_ns;
  const RhythmReading reading = state.rhythm.read(now_ns);
  row.rhythm.runs = runs_begun(state, interval.begin_ns, now_ns);
  row.rhythm.step_seconds = reading.step_seconds;
  row.rhythm.period_seconds = reading.period_seconds;
  row.rhythm.period_jitter_seconds = reading.jitter_seconds;
  if (!is_within)
    row.rhythm.cpu_seconds_per_run = reading.cost_per_run;
  else if (row.rhythm.runs.value_or(0) >= kManyRuns)
    row.rhythm.cpu_seconds_per_run = state.told_cpu_seconds / static_cast<double>(*row.rhythm.runs);
  else if (reading.cost_per_run && state.cost_samples > 0)
    row.rhythm.cpu_seconds_per_run =
        *reading.cost_per_run * state.cost_cpu_seconds / static_cast<double>(state.cost_samples);
  const double elapsed = seconds_between(state.begun_ns, now_ns);
  if (row.calls && reading.period_seconds && elapsed > 0)
    row.rhythm.calls_per_run = static_cast<double>(state.calls) * *reading.period_seconds / elapsed;
}

void TaskTable::count_overlaps(std::vector<TaskRow>& rows) const {
  std::vector<TaskRow*> compared;
  for (TaskRow& row : rows)
    if (row.rhythm.period_seconds && row.verdict.value == Class::kBackground &&
        compared.size() < kMostCompared)
      compared.push_back(&row);
  for (TaskRow* row : compared) {
    const auto& runs = states_.at(row->id).rhythm.runs();
    row->rhythm.overlaps = static_cast<std::uint64_t>(
        std::count_if(compared.begin(), compared.end(), [&](const TaskRow* other) {
          return other != row &&
                 overlap_of(runs, states_.at(other->id).rhythm.runs()) >= kOverlapSeen;
        }));
  }
}

/// The start of a process is that of a run of what it is; within processes, runs are told by their
/// runtime.
std::vector<TaskStart> TaskTable::starts_in(const Snapshot& snapshot,
                                            const TaskInterval& interval) {
  std::map<std::uint32_t, const ProcessRow*> by_pid;
  for (const ProcessRow& process : snapshot.processes) by_pid[process.id.pid] = &process;
  std::vector<TaskStart> starts;
  for (const ProcessRow& process : snapshot.processes) {
    if (process.id.start_time_ns <= interval.begin_ns || process.kernel_thread ||
        process.process_class == Class::kForeground || is_part_of_start(process, by_pid))
      continue;
    const Placement& placement = placements_.of(process);
    starts.push_back({process.id.start_time_ns,
                      {task_id_text(placement.owner, placement.kind, placement.title),
                       placement.title,
                       {process.id, process.name}}});
  }
  for (const TaskRow& row : snapshot.tasks) {
    const auto& period = row.rhythm.period_seconds;
    if (!period || *period < StartGroups::kShortestPeriodSeconds ||
        row.rhythm.runs.value_or(0) == 0 || row.verdict.value != Class::kBackground)
      continue;
    const auto state = states_.find(row.id);
    if (state == states_.end() || state->second.rhythm_of.pid == 0) continue;
    for (const Rhythm::Run& run : state->second.rhythm.runs())
      if (run.start_ns > interval.begin_ns)
        starts.push_back({run.start_ns, {row.id, row.name, row.process}});
  }
  return starts;
}

void TaskTable::find_start_groups(Snapshot& snapshot, const TaskInterval& interval) {
  const std::uint64_t now_ns = interval.sample.monotonic_ns;
  start_groups_.advance(starts_in(snapshot, interval), answering_wait_ratio(snapshot),
                        interval.begin_ns, now_ns);
  snapshot.start_groups = start_groups_.rows(now_ns);
}

}  // namespace culprit
