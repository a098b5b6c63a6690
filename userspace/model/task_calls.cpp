// SPDX-License-Identifier: Apache-2.0
#include "model/task_calls.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "model/call_sums.h"
#include "model/counter.h"

namespace culprit {

void TaskCallTotals::note_call(std::uint32_t process, const Call& call) {
  Sums& task = sums_of(sums_, process, call.task, call.tid);
  task.calls++;
  task.errors += failed(call);
  task.total_ns += increase(call.start_ns, call.end_ns);
}

void TaskCallTotals::note_answer(std::uint32_t process, std::uint32_t task, std::uint32_t tid) {
  answers_[{process, task, tid}]++;
}

/// Each thread's answers without a task go to the tasks that it answered for, by their share.
void TaskCallTotals::add_answers(AllSums& sums) const {
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::map<std::uint32_t, std::uint64_t>> threads;
  for (const auto& [key, count] : answers_) threads[{key.process, key.tid}][key.task] += count;
  for (auto& [thread, tasks] : threads) {
    const auto unnamed = tasks.find(0);
    std::uint64_t left = unnamed != tasks.end() ? unnamed->second : 0, named = 0;
    for (const auto& [task, count] : tasks) named += task ? count : 0;
    for (const auto& [task, count] : tasks) {
      if (!task) continue;
      const std::uint64_t part = left * count / named;
      sums_of(sums, thread.first, task, thread.second).answered += count + part;
      left -= part;
      named -= count;
    }
    if (left) sums_of(sums, thread.first, 0, thread.second).answered += left;
  }
}

std::vector<TaskCalls> TaskCallTotals::rows(const CallProcesses& processes) const {
  AllSums all = sums_;
  add_answers(all);
  std::vector<TaskCalls> rows;
  rows.reserve(all.size());
  for (const auto& [key, sums] : all)
    rows.push_back({processes.name(key.process).id, key.task, key.tid,
                    CallTotals{sums.calls, sums.errors, seconds_of(sums.total_ns)}, sums.answered});
  std::sort(rows.begin(), rows.end(), [](const TaskCalls& a, const TaskCalls& b) {
    return std::tie(a.process, a.task, a.tid) < std::tie(b.process, b.task, b.tid);
  });
  return rows;
}

std::vector<Serving> TaskCallTotals::servings(const CallProcesses& processes) const {
  std::vector<Serving> servings;
  for (const auto& [server, client] : servings_)
    servings.push_back({processes.name(server).id, processes.name(client).id});
  std::sort(servings.begin(), servings.end());
  return servings;
}

}  // namespace culprit
