// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/key_hash.h"
#include "model/process_table.h"
#include "model/snapshot.h"
#include "model/task_names.h"

namespace culprit {

/// The processes and tasks of one interval by small numbers, so that calls can be summed
/// without their names. Holds until the process table advances.
class CallProcesses {
 public:
  /// Both must outlive it.
  CallProcesses(const ProcessTable& table, const TaskNames& names) : table_(table), names_(names) {}

  /// Number of a process; without a start time, of the one that has the pid now.
  std::uint32_t slot(std::uint32_t pid, std::uint64_t start_time_ns = 0);
  const ProcessName& name(std::uint32_t slot) const { return known_[slot].name; }
  std::size_t size() const { return known_.size(); }

  /// Number of the task that made a call: of its name where that is known, else of its
  /// thread's, where that tells more than the name of its process. 0: it tells nothing.
  std::uint32_t task(std::uint32_t slot, const Call& call);
  std::string_view task_name(std::uint32_t task) const { return task_names_[task - 1]; }

 private:
  struct Known {
    ProcessName name;
    const ProcessEntry* entry = nullptr;
  };
  const ProcessEntry* find(std::uint32_t pid, std::uint64_t start_time_ns) const;
  std::uint32_t thread_task(const Known& known, std::uint32_t tid);
  std::uint32_t named(std::string_view name);
  std::string_view thread_name(const ProcessEntry& process, std::uint32_t tid) const;

  const ProcessTable& table_;
  const TaskNames& names_;
  std::vector<Known> known_;
  std::unordered_map<ProcessId, std::uint32_t, ProcessIdHash> slots_;
  std::unordered_map<std::uint64_t, std::uint32_t> threads_;  // process slot and tid → task
  std::unordered_map<std::string_view, std::uint32_t> tasks_by_name_;
  std::vector<std::string_view> task_names_;
};

}  // namespace culprit
