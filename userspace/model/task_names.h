// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "collect/sample.h"
#include "model/row_parts.h"
#include "model/task_rows.h"

namespace culprit {

/// A task inside a process, as its names have been told.
struct NamedTask {
  ProcessId process;
  TaskRowKind kind = TaskRowKind::kThread;
  std::string title;
  std::optional<CodeName> source;
  std::string framework;
};

/// The names of tasks, by the ids that readings and calls carry.
class TaskNames {
 public:
  /// With all that is kept of processes that are gone, at most so many.
  static constexpr std::size_t kMostTasks = 100'000;

  void learn(const Sample& sample);
  /// nullptr: not told, or forgotten.
  const NamedTask* find(std::uint64_t task) const;
  void clear() { tasks_.clear(), order_.clear(); }

 private:
  std::unordered_map<std::uint64_t, NamedTask> tasks_;
  std::vector<std::uint64_t> order_;  // ids, oldest first
};

}  // namespace culprit
