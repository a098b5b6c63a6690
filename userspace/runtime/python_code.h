// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "collect/task_reading.h"
#include "runtime/process_memory.h"
#include "runtime/python_process.h"
#include "util/result.h"

namespace culprit {

/// What user space knows of a code object.
struct PythonCode {
  CodeName name;
  std::uint32_t flags = 0;       ///< of enum code_flag; CODE_KNOWN is always set
  std::optional<TaskKind> kind;  ///< of an anchor: of the task that the frame below it names
  std::string framework;         ///< of an anchor; "" none
};

/// The code object at `address`; fails when what is there now is none.
Result<PythonCode> read_code(const Memory& memory, const PythonFacts& facts, std::uint64_t address);

/// The name of an asyncio Task, as in "Task-7" or what set_name() gave it.
std::optional<std::string> read_task_name(const Memory& memory, const PythonFacts& facts,
                                          std::uint64_t task);

}  // namespace culprit
