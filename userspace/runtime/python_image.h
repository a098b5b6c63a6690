// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "runtime/process_map.h"
#include "runtime/process_memory.h"
#include "runtime/python_layouts.h"
#include "util/result.h"

namespace culprit {

/// The interpreter as a file that is mapped into a process.
struct PythonImage {
  std::uint64_t runtime = 0;    ///< address of _PyRuntime
  std::uint64_t code_type = 0;  ///< address of PyCode_Type; 0: the file does not tell
  std::optional<int> minor;     ///< by symbol or name; absent: neither tells
};

/// Absent when nothing in the process looks like an interpreter; fails when something does
/// and has no _PyRuntime, or is older than 3.8.
Result<std::optional<PythonImage>> find_python_image(const ProcessView& process,
                                                     const ProcessMap& map, const Memory& memory);

/// The section .AsyncioDebug of the process's _asyncio module, or of its interpreter when that
/// is where _asyncio is; absent before 3.14.
std::optional<AsyncioTable> find_asyncio_table(const ProcessView& process, const ProcessMap& map);

}  // namespace culprit
