// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <unordered_map>

#include "bpf/python.h"
#include "collect/python_processes.h"
#include "collect/sample.h"

namespace culprit {

/// Turns what the kernel counts for tasks into what a Sample says of them: names when they
/// are first met, readings when anything changed.
class PythonTasks {
 public:
  /// `process` null: it has ended, or is not known yet. `since_ns`: the previous sample's
  /// time, CLOCK_MONOTONIC.
  void take(const python_task_key& key, const python_task_counters& counters,
            PythonProcess* process, std::uint64_t since_ns, Sample& sample);
  /// The task's counters are gone.
  void forget(std::uint32_t id) { known_.erase(id); }

 private:
  struct Known {
    TaskReading told;  // its runs are left out
    bool named = false;
  };

  std::unordered_map<std::uint32_t, Known> known_;
};

/// The code object at `address`, read now when it was not before; null when it cannot be.
const PythonCode* find_code(PythonProcess& process, std::uint64_t address);

/// Kind, functions and framework of a task; absent functions could not be read.
TaskName name_task(const python_task_key& key, const python_task_counters& counters,
                   PythonProcess& process);

}  // namespace culprit
