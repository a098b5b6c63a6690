// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collect/task_reading.h"
#include "model/row_parts.h"

namespace culprit {

enum class TaskRowKind : std::uint8_t { kCoroutine, kThread, kCallback, kJob, kUnit, kProcess };

/// What a process or task is there for, and how that is known.
struct ClassVerdict {
  Class value = Class::kUnknown;
  double confidence = 0;  ///< 0…1
  std::string because;    ///< the rule or evidence that decided; "" nothing did
};

/// When a task works. What is absent has not been seen often enough to tell.
struct TaskRhythm {
  std::optional<std::uint64_t> runs;            ///< begun in the interval; of many by their rate
  std::optional<double> period_seconds;         ///< median of start to start
  std::optional<double> period_jitter_seconds;  ///< its spread, as a standard deviation
  std::optional<double> cpu_seconds_per_run, calls_per_run;
  std::optional<std::uint64_t> overlaps;  ///< other background tasks that run at the same time
  /// From a run that was seen to the next, where that is regular: the period, or a multiple of it.
  std::optional<double> step_seconds = {};
};

/// A named piece of work (DESIGN §2). The CPU time of the tasks adds up to that of the
/// processes.
struct TaskRow {
  std::string id;  ///< the same after a restart of its process or of culprit
  std::string name;
  TaskRowKind kind = TaskRowKind::kProcess;
  std::optional<std::string> group;  ///< of tasks that belong together, by a rule
  ClassVerdict verdict;
  ProcessName process;             ///< the oldest that it is in
  std::vector<ProcessId> members;  ///< all that it is in
  std::uint64_t workers = 1;       ///< processes that do it; those that only start others do not
  std::optional<CodeName> source;
  double cpu_seconds = 0;
  /// The true share of its process's CPU time is within ± this of the one told, in 95 % of
  /// intervals; absent where nothing was sampled.
  std::optional<double> cpu_share_error;
  std::optional<double> run_queue_seconds;
  std::optional<Blocked> blocked_seconds;
  std::vector<DelayedBy> delays;  ///< who of other processes was queued while it ran, longest first
  std::optional<std::int64_t> memory_growth_bytes;
  std::optional<CallTotals> calls;        ///< that it made
  std::optional<std::uint64_t> requests;  ///< that it answered
  TaskRhythm rhythm;
  bool sampled = false;  ///< cpu_seconds was shared out by samples
};

/// Background tasks that start within the same few seconds, again and again.
struct StartGroupRow {
  struct Member {
    std::string id, name;  ///< of TaskRow
    ProcessName process;
  };
  std::vector<Member> members;  ///< by name
  std::uint64_t times = 0;      ///< that they were seen to start together
  double spread_seconds = 0;    ///< from the first start to the last, on average
  /// Longest that a process which answers requests waited for a CPU, as a share of the time: in
  /// the intervals in which they started, and in the others.
  double wait_ratio_then = 0, wait_ratio_else = 0;
};

}  // namespace culprit
