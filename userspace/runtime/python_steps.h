// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "runtime/process_map.h"

namespace culprit {

/// The two functions of _asyncio through which an event loop resumes a task.
struct PythonSteps {
  std::uint64_t step = 0;  ///< (wrapper): the Task is at wrapper + 16
  std::uint64_t wakeup = 0;
  /// The second one is called with a wrapper as well (3.8, 3.9), else with the Task itself.
  bool wakeup_has_wrapper = false;
  bool operator==(const PythonSteps&) const = default;
};

/// Their offsets in an ELF file, which may be stripped: found through the data that refers to
/// them, by the names of their Python types. The file is hostile. Absent: not both are there.
std::optional<PythonSteps> find_steps(int file);

/// The same in a process that has loaded asyncio, with the file to put the uprobes into.
struct PythonStepPlaces {
  FilePlace step, wakeup;
  bool wakeup_has_wrapper = false;
};
std::optional<PythonStepPlaces> find_step_places(const ProcessView& process);

}  // namespace culprit
