// SPDX-License-Identifier: Apache-2.0
#include "model/task_delays.h"

#include <algorithm>
#include <unordered_map>

namespace culprit {
namespace {

/// Of what a process delayed another: less is not told by task.
constexpr double kShareTold = 0.02;

void longest_first(std::vector<DelayedBy>& delays) {
  std::stable_sort(delays.begin(), delays.end(),
                   [](const DelayedBy& a, const DelayedBy& b) { return a.seconds > b.seconds; });
}

/// Victims of each task, by its id.
class Victims {
 public:
  void note(const std::string& task, const ProcessRow& victim, double seconds) {
    DelayedBy& sum = tasks_[task]
                         .try_emplace(victim.id, DelayedBy{victim.id.pid, victim.name, 0, {}})
                         .first->second;
    sum.seconds += seconds;
  }
  std::vector<DelayedBy> of(const std::string& task) const {
    std::vector<DelayedBy> delays;
    const auto found = tasks_.find(task);
    if (found == tasks_.end()) return delays;
    for (const auto& [id, delay] : found->second) delays.push_back(delay);
    longest_first(delays);
    return delays;
  }

 private:
  std::unordered_map<std::string, std::map<ProcessId, DelayedBy>> tasks_;
};

/// Adds the parts of one delay to `told`.
void share_out(const DelayedBy& delay, const std::vector<ContendingTask>& tasks,
               const ProcessRow& victim, std::vector<DelayedBy>& told, Victims& victims) {
  std::uint64_t all = 0;
  for (const ContendingTask& task : tasks) all += task.hits;
  DelayedBy rest = delay;
  for (const ContendingTask& task : tasks) {
    const double share = static_cast<double>(task.hits) / static_cast<double>(all);
    if (share < kShareTold) continue;
    DelayedBy part = delay;
    part.task = task.name;
    part.seconds *= share;
    rest.seconds -= part.seconds;
    if (delay.pid != victim.id.pid) victims.note(task.id, victim, part.seconds);
    told.push_back(std::move(part));
  }
  if (rest.seconds > kShareTold / 2 * delay.seconds) told.push_back(std::move(rest));
}

}  // namespace

double delay_seconds(const TaskRow& task) {
  double seconds = 0;
  for (const DelayedBy& delay : task.delays) seconds += delay.seconds;
  return seconds;
}

void tell_delays(const ContendingTasks& contending, std::vector<ProcessRow>& processes,
                 std::vector<TaskRow>& tasks) {
  // Of several with one pid the last.
  std::unordered_map<std::uint32_t, const std::vector<ContendingTask>*> by_pid;
  for (const auto& [process, of_process] : contending) by_pid[process.pid] = &of_process;
  Victims victims;
  for (ProcessRow& victim : processes) {
    std::vector<DelayedBy> told;
    for (const DelayedBy& delay : victim.delayed_by) {
      const auto found = by_pid.find(delay.pid);
      if (found == by_pid.end())
        told.push_back(delay);
      else
        share_out(delay, *found->second, victim, told, victims);
    }
    longest_first(told);
    victim.delayed_by = std::move(told);
  }
  for (TaskRow& task : tasks) task.delays = victims.of(task.id);
}

}  // namespace culprit
