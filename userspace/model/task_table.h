// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "collect/sample.h"
#include "model/call_model.h"
#include "model/rhythm.h"
#include "model/snapshot.h"
#include "model/start_groups.h"
#include "model/task_class.h"
#include "model/task_counters.h"
#include "model/task_delays.h"
#include "model/task_names.h"
#include "model/task_parts.h"
#include "model/task_placement.h"
#include "model/task_rules.h"

namespace culprit {

/// What a task table takes in with each Sample.
struct TaskInterval {
  const Sample& sample;
  const TaskNames& names;
  const CallRows& calls;
  std::uint64_t begin_ns = 0;  ///< CLOCK_MONOTONIC; the end is the Sample's
  bool first = false;          ///< the baseline
};

/// What is known of a task beyond one interval.
struct TaskState {
  ClassTrack track;
  Rhythm rhythm;
  ProcessId rhythm_of;  ///< the process whose runs are told
  std::uint64_t rhythm_told_ns = 0;
  std::uint64_t runs_known_from_ns = 0;  ///< of its latest reading; 0: all are
  double cost_cpu_seconds = 0;  ///< CPU time and samples of that process's task, since it is
  std::uint64_t cost_samples = 0;
  double told_cpu_seconds = 0;  ///< CPU time of that when its runs were last told
  std::uint64_t calls = 0, begun_ns = 0, seen_ns = 0;
  std::uint64_t short_ends = 0;  ///< those of them that lived for less than a minute
  std::uint64_t ends = 0;        ///< processes that ended, whose start was seen
  bool is_job = false;
  TaskRow last;  ///< as it was told, for the time between two runs
};

/// Tasks across ticks: takes processes apart, joins what is one task, and tells class and
/// rhythm. Pure: no clock, file or map.
class TaskTable {
 public:
  static constexpr std::size_t kMostTasks = 10'000;

  explicit TaskTable(TaskRules rules) : rules_(std::move(rules)), placements_(rules_) {}
  TaskTable(const TaskTable&) = delete;  // the placements point to the rules
  TaskTable& operator=(const TaskTable&) = delete;

  /// Fills in `tasks` of the snapshot, the class of its processes, which must be there with
  /// their calls, and the task of each of its stacks. Without a snapshot only learns.
  void advance(const TaskInterval& interval, Snapshot* snapshot);

 private:
  struct Built {
    TaskRow row;
    bool is_whole = false, names_reply = false;
    std::uint64_t samples = 0;
    std::optional<ClassVerdict> ruled;
    std::vector<const ProcessRow*> processes;
  };
  using Calls = std::map<ProcessId, std::vector<const TaskCalls*>>;
  using Stacks = std::map<ProcessId, std::vector<StackRow*>>;

  void build(const ProcessRow& process, const TaskInterval& interval,
             const TaskCounters::Changes& changes, const Calls& calls, Stacks& stacks);
  void add_part(const std::string& id, const ProcessRow& process, const TaskPart& part,
                const TaskInterval& interval);
  void note_runs(TaskState& state, const ProcessRow& process, const TaskPart& part,
                 std::uint64_t now_ns);
  void note_life(TaskState& state, const ProcessRow& process, std::uint64_t now_ns);
  void classify_processes(const TaskInterval& interval, Snapshot& snapshot);
  void tell_classes(Snapshot& snapshot);
  void finish(Built& built, const TaskInterval& interval);
  ClassVerdict verdict_of(const Built& built, TaskState& state, const TaskInterval& interval) const;
  void tell_rhythm(TaskRow& row, const TaskState& state, const TaskInterval& interval) const;
  void pass_on_classes(Snapshot& snapshot) const;
  void add_resting(Snapshot& snapshot, const TaskInterval& interval) const;
  void count_overlaps(std::vector<TaskRow>& rows) const;
  std::vector<TaskStart> starts_in(const Snapshot& snapshot, const TaskInterval& interval);
  void find_start_groups(Snapshot& snapshot, const TaskInterval& interval);
  void forget_old(std::uint64_t now_ns);

  TaskRules rules_;
  TaskPlacements placements_;
  TaskCounters counters_;
  std::map<ProcessId, ClassTrack> processes_;
  std::set<ProcessId> runtimes_;  // processes whose tasks are told by their runtime
  std::set<ProcessId> naming_;    // and whose replies tell which task wrote them
  std::unordered_map<std::string, TaskState> states_;  // by id
  std::map<std::string, Built> built_;                 // of this interval, by id
  ContendingTasks contending_;                         // and who kept others waiting
  StartGroups start_groups_;
  std::uint64_t watched_from_ns_ = 0;
};

}  // namespace culprit
