// SPDX-License-Identifier: Apache-2.0
#include "model/task_calls.h"

#include <algorithm>
#include <tuple>

#include "model/call_sums.h"
#include "model/counter.h"

namespace culprit {

void TaskCallTotals::note_call(std::uint32_t process, const Call& call) {
  Sums& task = sums(process, call.task, call.tid);
  task.calls++;
  task.errors += failed(call);
  task.total_ns += increase(call.start_ns, call.end_ns);
}

void TaskCallTotals::note_answer(std::uint32_t process, std::uint32_t task, std::uint32_t tid) {
  sums(process, task, tid).answered++;
}

std::vector<TaskCalls> TaskCallTotals::rows(const CallProcesses& processes) const {
  std::vector<TaskCalls> rows;
  rows.reserve(sums_.size());
  for (const auto& [key, sums] : sums_)
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
