// SPDX-License-Identifier: Apache-2.0
#include "model/task_names.h"

#include "model/task_text.h"

namespace culprit {

void TaskNames::learn(const Sample& sample) {
  for (const TaskName& name : sample.task_names) {
    if (tasks_.try_emplace(name.task).second) order_.push_back(name.task);
    NamedTask& task = tasks_[name.task];
    task.process = {name.pid, name.process_start_time_ns};
    task.kind = row_kind(name.kind);
    task.title = task_title(name);
    task.source = task_source(name);
    task.framework = name.framework;
  }
  if (order_.size() <= kMostTasks) return;
  // Half of them at once: seldom, and cheap for each.
  const std::size_t dropped = order_.size() - kMostTasks / 2;
  for (std::size_t i = 0; i < dropped; ++i) tasks_.erase(order_[i]);
  order_.erase(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(dropped));
}

const NamedTask* TaskNames::find(std::uint64_t task) const {
  const auto found = tasks_.find(task);
  return found == tasks_.end() ? nullptr : &found->second;
}

}  // namespace culprit
