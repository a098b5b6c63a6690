// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "collect/sample.h"
#include "model/row_parts.h"
#include "model/task_names.h"

namespace culprit {

/// What a task inside a process did in one interval.
struct TaskChange {
  const NamedTask* name = nullptr;    ///< holds until TaskNames learns more
  std::uint64_t samples = 0;          ///< by weight
  std::uint64_t squares = 0;          ///< of these weights
  std::uint64_t contended = 0;        ///< of these: others were queued on that CPU
  std::optional<double> cpu_seconds;  ///< measured at its steps; exact mode only
  double run_queue_seconds = 0;
  Blocked blocked_seconds{};
  std::int64_t growth_bytes = 0;
  std::vector<TaskRun> runs;
};

/// What was counted for tasks between two Samples.
class TaskCounters {
 public:
  using Changes = std::map<ProcessId, std::vector<TaskChange>>;

  /// Of tasks whose names are known. `first` marks the baseline: nothing has changed yet.
  Changes advance(const Sample& sample, const TaskNames& names, bool first);

 private:
  struct Counted {
    TaskReading last;  // without its runs
    std::uint64_t read_ns = 0;
  };
  void forget_old(std::uint64_t now_ns);

  std::unordered_map<std::uint64_t, Counted> tasks_;
};

}  // namespace culprit
