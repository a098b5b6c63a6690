// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "bpf/python.h"
#include "runtime/process_map.h"
#include "runtime/process_memory.h"
#include "runtime/python_layouts.h"
#include "runtime/python_origin.h"
#include "util/result.h"

namespace culprit {

/// What is known of a CPython process, all of it checked against its memory.
struct PythonFacts {
  PythonLayout layout;
  python_process kernel{};      ///< process_start_time_ns is the caller's to fill
  std::uint64_t modules = 0;    ///< the dict sys.modules
  std::uint64_t code_type = 0;  ///< PyCode_Type; 0: the file does not tell
  PythonOrigin origin;

  bool asyncio = false, uvloop = false, greenlet = false;  ///< loaded
  std::optional<FilePlace> task_init;     ///< tp_init of asyncio's Task: (task, …)
  std::optional<FilePlace> uvloop_write;  ///< uvloop.loop.UVStream.write: (stream, …)

  std::uint64_t modules_seen = 0;  ///< see refresh_python()

  std::string name() const;  ///< "cpython 3.11"
};

/// Looks for an interpreter in a process; of several, the main one. Absent: there is none, which is
/// told at little cost. Fails when there is one that cannot be read: ErrorKind::kHost for good,
/// with the reason; kFailed perhaps only now, because it is starting or changed under the reading.
Result<std::optional<PythonFacts>> find_python(const ProcessView& process, const Memory& memory);

/// Looks again for what a program may import at any time: asyncio, uvloop, greenlet. One
/// read when nothing was imported since. True when something was found.
bool refresh_python(const ProcessView& process, const Memory& memory, PythonFacts& facts);

}  // namespace culprit
