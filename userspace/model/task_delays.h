// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/snapshot.h"

namespace culprit {

/// A task of a process, and how often it was found on a CPU for which others were queued.
struct ContendingTask {
  std::string id, name;
  std::uint64_t hits = 0;
};

/// By process: its tasks, as far as is known which of them others wait for. A process that is one
/// task as a whole has that one.
using ContendingTasks = std::map<ProcessId, std::vector<ContendingTask>>;

/// Says in `delayed_by` of the processes which task of the suspect it was, and in `delays` of the
/// tasks for whom that was. Who delayed whom is measured by process; among the tasks of one it is
/// shared out by hits, so the parts add up to what was measured.
void tell_delays(const ContendingTasks& contending, std::vector<ProcessRow>& processes,
                 std::vector<TaskRow>& tasks);

/// How long others waited while it ran, together.
double delay_seconds(const TaskRow& task);

}  // namespace culprit
