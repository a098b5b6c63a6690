// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/call_model.h"
#include "model/snapshot.h"
#include "model/task_counters.h"
#include "model/task_placement.h"

namespace culprit {

/// What one process did of one task in an interval.
struct TaskPart {
  std::string title;
  TaskRowKind kind = TaskRowKind::kProcess;
  std::optional<std::string> group;
  std::optional<ClassVerdict> verdict;  ///< by a rule about what is within a process
  std::optional<CodeName> source;
  bool is_whole = false;     ///< the process as a whole, or what is left of it
  bool names_reply = false;  ///< it would be known if it had answered requests
  double cpu_seconds = 0;
  std::optional<double> share_error;  ///< of the process's CPU time, when it was sampled
  std::optional<double> run_queue_seconds;
  std::optional<Blocked> blocked_seconds;
  std::optional<std::int64_t> memory_growth_bytes;
  CallTotals calls;
  std::uint64_t answered = 0;
  std::uint64_t samples = 0;    ///< or steps' nanoseconds; what `runs` count
  std::uint64_t contended = 0;  ///< samples at which others were queued on its CPU
  std::vector<TaskRun> runs;
  std::vector<StackRow*> stacks;
};

/// Samples: the sum of their weights, and of the squares of these.
struct Weights {
  std::uint64_t sum = 0, squares = 0;
};

/// Half the width of the interval that holds a share in 95 % of windows, when a `part` of `all`
/// samples fell on it: the farther bound of Wilson's score interval,
///   (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n),  z = 2,
/// and half a sample, as samples are whole; no less than 1/n. Of samples with unequal weights, n is
/// how many equal ones would tell as much, (Σw)²/Σw² (Kish, Survey Sampling, 1965). Samples are
/// taken as if each were drawn by itself: of work that goes on for longer than a sampling
/// period, regular samples are nearer to the truth than that.
double share_error(std::uint64_t part, Weights all);

/// Takes one process apart into tasks: by the samples of a runtime that is known, else by
/// names of threads. The parts' CPU time adds up to that of the process. `changes` may be
/// null; `calls` and `stacks` are those of the process.
std::vector<TaskPart> parts_of(const ProcessRow& process, const Placement& placement,
                               const std::vector<TaskChange>* changes,
                               const std::vector<const TaskCalls*>& calls, const TaskNames& names,
                               const TaskRules& rules, const std::vector<StackRow*>& stacks = {});

}  // namespace culprit
