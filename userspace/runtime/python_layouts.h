// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "bpf/python.h"
#include "runtime/process_memory.h"
#include "util/result.h"

namespace culprit {

/// Where things are in one version of CPython. Offsets in bytes, 0: it does not have it.
struct PythonLayout {
  std::uint8_t minor = 0;
  std::uint16_t runtime_interpreters = 0;
  std::uint16_t interpreter_threads = 0, interpreter_modules = 0;
  std::uint16_t thread_next = 0, thread_interpreter = 0, thread_id = 0;
  std::uint16_t thread_frame = 0;         ///< frame, cframe or current_frame
  std::uint16_t thread_running_task = 0;  ///< 3.14+; until then in _asyncio._current_tasks
  bool has_cframe = false;
  std::uint16_t cframe_current_frame = 0;
  std::uint16_t frame_code = 0, frame_previous = 0, frame_owner = 0;
  std::uint8_t owner_shim = 255;  ///< owners from this on are no Python frames
  std::uint8_t frame_entry = 0;   ///< flag of frames that native code called
  std::uint16_t code_flags = 0, code_line = 0, code_file = 0, code_name = 0, code_qualname = 0;
  std::uint16_t task_coroutine = 0, task_name = 0, coroutine_code = 0;
  bool keys_log2 = false;  ///< sizes of dict keys are kept as logarithms
  std::uint16_t keys_entries = 0, keys_indices = 0;
  std::uint16_t ascii_data = 0, compact_data = 0;  ///< characters of a string
};

/// The layout of 3.`minor`; absent when it is not known. 3.14 is described by its own table.
std::optional<PythonLayout> python_layout(int minor);

/// The layout as the process's own table (3.13+) at `runtime`, the address of _PyRuntime,
/// tells it; absent without such a table. Refused: free-threaded, or not known.
Result<std::optional<PythonLayout>> own_layout(const Memory& memory, std::uint64_t runtime);

/// The table in the section .AsyncioDebug of 3.14's _asyncio module: where its tasks are.
inline constexpr std::size_t kAsyncioTableSize = 12;
using AsyncioTable = std::array<std::uint64_t, kAsyncioTableSize>;

/// False, with nothing changed, when the table is no such table.
bool add_asyncio_layout(const AsyncioTable& table, PythonLayout& layout);

/// What the programs in the kernel need of it; addresses are left 0.
python_process kernel_layout(const PythonLayout& layout);

}  // namespace culprit
