// SPDX-License-Identifier: Apache-2.0
#include "model/task_table.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "model/counter.h"
#include "model/task_text.h"
#include "model/usage.h"
#include "model/waiting_parent.h"

namespace culprit {
namespace {

/// A task that runs now and then is told of for so many periods after its last run.
constexpr double kPeriodsShown = 3;
constexpr std::uint64_t kShortLifeNs = 60'000'000'000;
constexpr std::uint64_t kRhythmMemoryNs = 60'000'000'000;
constexpr std::uint64_t kMemoryNs = 24ull * 3600 * 1'000'000'000;

template <typename T>
void add_optional(std::optional<T>& sum, const std::optional<T>& part) {
  if (part) sum = sum.value_or(T{}) + *part;
}

void add_blocked(std::optional<Blocked>& sum, const std::optional<Blocked>& part) {
  if (!part) return;
  if (!sum) sum = Blocked{};
  for (std::size_t reason = 0; reason < part->size(); ++reason) (*sum)[reason] += (*part)[reason];
}

bool did_anything(const TaskPart& part) {
  return part.cpu_seconds > 0 || part.run_queue_seconds.value_or(0) > 0 || part.calls.count > 0 ||
         part.answered > 0 || !part.runs.empty();
}

/// Shares of several processes err independently; weighted by what they are shares of.
void add_error(TaskRow& row, const TaskPart& part, double process_cpu, double& cpu_of_shares) {
  if (!part.share_error) return;
  const double before = row.cpu_share_error.value_or(0) * cpu_of_shares;
  const double more = *part.share_error * process_cpu;
  cpu_of_shares += process_cpu;
  row.cpu_share_error =
      cpu_of_shares > 0 ? std::hypot(before, more) / cpu_of_shares : *part.share_error;
}

/// Those that others of it started; all, where none was.
std::uint64_t workers_of(const std::vector<const ProcessRow*>& processes) {
  const auto count = std::count_if(processes.begin(), processes.end(), [&](const ProcessRow* row) {
    return std::any_of(processes.begin(), processes.end(), [&](const ProcessRow* other) {
      return other != row && other->id.pid == row->parent_pid;
    });
  });
  return count > 0 ? static_cast<std::uint64_t>(count) : processes.size();
}

}  // namespace

void TaskTable::note_runs(TaskState& state, const ProcessRow& process, const TaskPart& part,
                          std::uint64_t now_ns) {
  if (part.is_whole) {
    note_life(state, process, now_ns);
    return;
  }
  if (part.runs.empty() && part.samples == 0) return;
  // Several processes have a rhythm each: that of one is told, while it has any.
  if (state.rhythm_of != process.id) {
    if (state.rhythm_of.pid && increase(state.rhythm_told_ns, now_ns) < kRhythmMemoryNs) return;
    state.rhythm = {};
    state.rhythm.watch_from(watched_from_ns_);
    state.rhythm_of = process.id;
    state.cost_cpu_seconds = 0;
    state.cost_samples = 0;
  }
  state.rhythm_told_ns = now_ns;
  state.cost_cpu_seconds += part.cpu_seconds;
  state.told_cpu_seconds = part.cpu_seconds;
  state.cost_samples += part.samples;
  state.runs_known_from_ns = 0;
  if (part.runs.size() >= kMostTaskRuns) {
    // What lies before is not known: it is no pause.
    state.runs_known_from_ns = part.runs.front().start_ns;
    state.rhythm = {};
    state.rhythm.watch_from(state.runs_known_from_ns);
  }
  for (const TaskRun& run : part.runs)
    state.rhythm.note(run.start_ns, run.end_ns, static_cast<double>(run.samples));
}

/// A run of a job is the life of a process. The clocks of its start (since boot, with time
/// suspended) and of ours are taken to be one.
void TaskTable::note_life(TaskState& state, const ProcessRow& process, std::uint64_t now_ns) {
  if (process.id.start_time_ns < watched_from_ns_) return;
  if (process.exited) {
    ++state.ends;
    state.short_ends += increase(process.id.start_time_ns, now_ns) < kShortLifeNs;
  }
  const std::uint64_t end_ns = process.ended_ns ? process.ended_ns : now_ns;
  state.rhythm.note(process.id.start_time_ns, std::max(end_ns, process.id.start_time_ns),
                    process.cpu_seconds_total);
}

void TaskTable::add_part(const std::string& id, const ProcessRow& process, const TaskPart& part,
                         const TaskInterval& interval) {
  const Placement& placement = placements_.of(process);
  Built& built = built_[id];
  TaskRow& row = built.row;
  row.id = id;
  row.name = part.title;
  row.kind = part.kind;
  row.group = part.group;
  if (!row.source) row.source = part.source;
  row.members.push_back(process.id);
  if (built.processes.empty() || process.id.start_time_ns < row.process.id.start_time_ns)
    row.process = {process.id, process.name};
  built.processes.push_back(&process);
  double shared_cpu = 0;
  for (const ProcessRow* other : built.processes)
    if (other != &process) shared_cpu += other->usage.cpu_seconds;
  add_error(row, part, process.usage.cpu_seconds, shared_cpu);
  row.sampled |= part.share_error.has_value();
  row.cpu_seconds += part.cpu_seconds;
  add_optional(row.run_queue_seconds, part.run_queue_seconds);
  add_blocked(row.blocked_seconds, part.blocked_seconds);
  add_optional(row.memory_growth_bytes, part.memory_growth_bytes);
  if (interval.calls.covered) {
    if (!row.calls) row.calls = CallTotals{}, row.requests = 0;
    row.calls->count += part.calls.count;
    row.calls->errors += part.calls.errors;
    row.calls->seconds += part.calls.seconds;
    *row.requests += part.answered;
  }
  built.is_whole |= part.is_whole;
  built.names_reply |= part.names_reply;
  built.samples += part.samples;
  built.ruled = part.is_whole ? placement.verdict : part.verdict;
}

void TaskTable::build(const ProcessRow& process, const TaskInterval& interval,
                      const TaskCounters::Changes& changes, const Calls& calls, Stacks& stacks) {
  static const std::vector<TaskChange> no_change;
  static const std::vector<const TaskCalls*> no_calls;
  const auto change = changes.find(process.id);
  const auto call = calls.find(process.id);
  if (change != changes.end()) runtimes_.insert(process.id);
  const bool runtime = runtimes_.count(process.id) > 0;
  const auto& own_calls = call == calls.end() ? no_calls : call->second;
  const auto parts = parts_of(process, placements_.of(process),
                              change != changes.end() ? &change->second
                              : runtime               ? &no_change
                                                      : nullptr,
                              own_calls, interval.names, rules_, stacks[process.id]);
  if (std::any_of(own_calls.begin(), own_calls.end(),
                  [](const TaskCalls* task) { return task->task != 0 && task->answered > 0; }))
    naming_.insert(process.id);
  const bool is_one = parts.size() == 1 && parts.front().is_whole;
  for (const TaskPart& part : parts) {
    const std::string id = task_id_text(placements_.of(process).owner, part.kind, part.title);
    for (StackRow* of_part : part.stacks) of_part->task = id;
    if (const std::uint64_t hits = is_one ? 1 : part.contended)
      contending_[process.id].push_back({id, part.title, hits});
    // A process that ended is told of, whatever it did.
    if (!did_anything(part) && !(part.is_whole && process.exited)) continue;
    add_part(id, process, part, interval);
    note_runs(states_[id], process, part, interval.sample.monotonic_ns);
  }
}

void TaskTable::classify_processes(const TaskInterval& interval, Snapshot& snapshot) {
  const std::uint64_t now_ns = interval.sample.monotonic_ns;
  std::unordered_map<std::uint32_t, const ProcessRow*> by_pid;
  for (const ProcessRow& process : snapshot.processes) {
    if (!process.exited) by_pid[process.id.pid] = &process;
    const std::uint64_t answered = process.requests ? process.requests->count : 0;
    const std::uint64_t calls = process.calls ? process.calls->count : 0;
    if (answered + calls == 0 && !used_anything(process.usage)) continue;
    ClassEvidence evidence;
    evidence.counted = interval.calls.covered;
    evidence.answered = answered;
    evidence.cpu_seconds = process.usage.cpu_seconds;
    evidence.calls = calls;
    processes_[process.id].note(evidence, interval.begin_ns, now_ns);
  }
  for (const Serving& serving : interval.calls.servings) {
    const auto client = by_pid.find(serving.client.pid);
    const auto asks = processes_.find(serving.client);
    const auto serves = processes_.find(serving.server);
    if (client == by_pid.end() || asks == processes_.end() || serves == processes_.end()) continue;
    const auto verdict = asks->second.verdict();
    if (verdict && verdict->value == Class::kForeground)
      serves->second.note_on_path(
          "answers calls of " + client->second->name + ", which is foreground", now_ns);
  }
  // The process that starts those that answer: it hears and hands over.
  for (const ProcessRow& process : snapshot.processes) {
    if (!process.requests || process.requests->count == 0 || !process.executable) continue;
    const auto parent = by_pid.find(process.parent_pid);
    if (parent != by_pid.end() && parent->second->executable == process.executable)
      processes_[parent->second->id].note_on_path("starts the processes that answer requests",
                                                  now_ns);
  }
  tell_classes(snapshot);
}

void TaskTable::tell_classes(Snapshot& snapshot) {
  for (ProcessRow& process : snapshot.processes) {
    const auto& ruled = placements_.of(process).verdict;
    const auto track = processes_.find(process.id);
    const auto verdict = ruled || track == processes_.end() ? ruled : track->second.verdict();
    if (process.exited && track != processes_.end()) processes_.erase(track);
    if (!verdict) continue;
    process.process_class = verdict->value;
    process.class_confidence = verdict->confidence;
    process.class_because = verdict->because;
  }
}

ClassVerdict TaskTable::verdict_of(const Built& built, TaskState& state,
                                   const TaskInterval& interval) const {
  if (built.ruled) return *built.ruled;
  const TaskRow& row = built.row;
  bool serves = false, unnamed = false;  // a process of it; and which task does is not told
  for (const ProcessRow* process : built.processes) {
    if (process->process_class != Class::kForeground) continue;
    serves = true;
    unnamed |= !built.names_reply || !naming_.count(process->id);
  }
  ClassEvidence evidence;
  evidence.counted = interval.calls.covered && (built.is_whole || !unnamed);
  evidence.answered = row.requests.value_or(0);
  evidence.cpu_seconds = row.cpu_seconds;
  evidence.calls = row.calls ? row.calls->count : 0;
  evidence.is_job = state.is_job || row.kind == TaskRowKind::kJob;
  evidence.is_regular = row.rhythm.step_seconds.has_value();
  evidence.period_seconds = row.rhythm.period_seconds;
  state.track.note(evidence, interval.begin_ns, interval.sample.monotonic_ns);
  if (built.is_whole) {
    // As its surest process that answers requests.
    const ProcessRow* best = nullptr;
    for (const ProcessRow* process : built.processes)
      if (process->process_class == Class::kForeground &&
          (!best || process->class_confidence > best->class_confidence))
        best = process;
    if (best) return {Class::kForeground, best->class_confidence, best->class_because};
  }
  if (const auto verdict = state.track.verdict();
      verdict && !(unnamed && verdict->value == Class::kBackground && !evidence.is_regular))
    return *verdict;
  if (serves)
    return {Class::kForeground, 0.5, "its process answers requests; for which task is not known"};
  return {};
}

void TaskTable::finish(Built& built, const TaskInterval& interval) {
  TaskState& state = states_[built.row.id];
  TaskRow& row = built.row;
  if (state.begun_ns == 0) state.begun_ns = interval.begin_ns;
  state.seen_ns = interval.sample.monotonic_ns;
  state.calls += row.calls ? row.calls->count : 0;
  row.workers = workers_of(built.processes);
  if (built.is_whole && row.kind == TaskRowKind::kProcess) {
    // It soon ends, or is started again and again, and nothing of it stays.
    const std::uint64_t now_ns = interval.sample.monotonic_ns;
    const bool stays =
        std::any_of(built.processes.begin(), built.processes.end(), [&](const ProcessRow* process) {
          const std::uint64_t start_ns = process->id.start_time_ns;
          const bool is_old = increase(start_ns, now_ns) >= kShortLifeNs && !state.is_job;
          return !process->exited && (start_ns < watched_from_ns_ || is_old);
        });
    state.is_job = (state.ends >= 2 || state.short_ends > 0) && !stays;
    if (state.is_job) row.kind = TaskRowKind::kJob;
  }
  tell_rhythm(row, state, interval);
  row.verdict = verdict_of(built, state, interval);
  state.last = row;
}

/// A process about which nothing is known is there for what its tasks are there for.
void TaskTable::pass_on_classes(Snapshot& snapshot) const {
  std::map<ProcessId, const TaskRow*> whole;
  for (const auto& [id, built] : built_)
    if (built.is_whole)
      for (const ProcessId& member : built.row.members) whole.emplace(member, &built.row);
  for (ProcessRow& process : snapshot.processes) {
    const auto found = whole.find(process.id);
    if (found == whole.end()) continue;
    const ClassVerdict& verdict = found->second->verdict;
    const bool unsure =
        process.process_class == Class::kUnknown ||
        (process.process_class == Class::kBackground && verdict.value == Class::kForeground);
    if (!unsure || verdict.value == Class::kUnknown) continue;
    process.process_class = verdict.value;
    process.class_confidence = verdict.confidence * 0.9;
    process.class_because = "part of " + found->second->name + ": " + verdict.because;
  }
}

/// Tasks that run now and then are told of between their runs, too.
void TaskTable::add_resting(Snapshot& snapshot, const TaskInterval& interval) const {
  for (const auto& [id, state] : states_) {
    const auto& step = state.last.rhythm.step_seconds;
    if (built_.count(id) || !step) continue;
    const double rested = seconds_between(state.seen_ns, interval.sample.monotonic_ns);
    if (rested > kPeriodsShown * *step) continue;
    TaskRow row = state.last;
    row.cpu_seconds = 0;
    row.cpu_share_error.reset();
    if (row.rhythm.runs) row.rhythm.runs = 0;
    row.memory_growth_bytes.reset();
    row.blocked_seconds.reset();
    if (row.run_queue_seconds) row.run_queue_seconds = 0;
    if (row.calls) row.calls = CallTotals{}, row.requests = 0;
    snapshot.tasks.push_back(std::move(row));
  }
}

void TaskTable::forget_old(std::uint64_t now_ns) {
  std::erase_if(states_, [&](const auto& state) {
    return increase(state.second.seen_ns, now_ns) > kMemoryNs;
  });
  if (states_.size() <= kMostTasks) return;
  std::vector<std::uint64_t> seen;
  for (const auto& [id, state] : states_) seen.push_back(state.seen_ns);
  const auto middle = seen.begin() + static_cast<std::ptrdiff_t>(seen.size() / 2);
  std::nth_element(seen.begin(), middle, seen.end());
  std::erase_if(states_, [&](const auto& state) {
    return state.second.seen_ns < *middle && !built_.count(state.first);
  });
}

void TaskTable::advance(const TaskInterval& interval, Snapshot* snapshot) {
  const std::uint64_t now_ns = interval.sample.monotonic_ns;
  if (interval.first) {
    watched_from_ns_ = now_ns;
    states_.clear();
    processes_.clear();
    start_groups_.clear();
  }
  const auto changes = counters_.advance(interval.sample, interval.names, interval.first);
  built_.clear();
  contending_.clear();
  if (!snapshot) return;
  placements_.advance(snapshot->processes, interval.sample.collector.pid, now_ns);
  Calls calls;
  for (const TaskCalls& task : interval.calls.tasks) calls[task.process].push_back(&task);
  Stacks stacks;
  if (snapshot->stacks)
    for (StackRow& row : *snapshot->stacks) stacks[row.process].push_back(&row);
  for (const ProcessRow& process : snapshot->processes)
    if (used_anything(process.usage) || process.exited || calls.count(process.id) ||
        stacks.count(process.id))
      build(process, interval, changes, calls, stacks);
  classify_processes(interval, *snapshot);
  for (auto& [id, built] : built_) finish(built, interval);
  pass_on_classes(*snapshot);
  classify_waiting_parents(snapshot->processes);
  for (auto& [id, built] : built_) snapshot->tasks.push_back(built.row);
  tell_delays(contending_, snapshot->processes, snapshot->tasks);
  add_resting(*snapshot, interval);
  std::sort(snapshot->tasks.begin(), snapshot->tasks.end(), [](const TaskRow& a, const TaskRow& b) {
    return a.cpu_seconds != b.cpu_seconds ? a.cpu_seconds > b.cpu_seconds : a.id < b.id;
  });
  count_overlaps(snapshot->tasks);
  find_start_groups(*snapshot, interval);
  for (const ProcessRow& process : snapshot->processes)
    if (process.exited) runtimes_.erase(process.id), naming_.erase(process.id);
  forget_old(now_ns);
  built_.clear();
}

}  // namespace culprit
