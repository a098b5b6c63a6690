// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace culprit {

enum class CodeKind : std::uint8_t {
  kNative,  ///< C, Rust, Go, …; what is not known
  kCplusplus,
  kKernel,
  kJit,  ///< compiled by a runtime while it ran
  kPython,
  kProcess,  ///< no function: the name of a process or a thread, outermost in a profile
};

/// A function of a program, told once.
struct FrameName {
  std::uint32_t id = 0;  ///< from 1 on, never reused while culprit runs
  CodeKind kind = CodeKind::kNative;
  std::string function;  ///< as its author wrote it; "[unknown]", or "[unknown] libz.so.1.2.13"
  std::string module;    ///< file that holds it, kernel module, "app.py:12"; "" not known
};

/// How often, since the previous sample, a thread was found with this stack. Frames are ids
/// of FrameName, the innermost first.
struct StackReading {
  std::uint32_t pid = 0;
  std::uint64_t process_start_time_ns = 0;
  std::string thread_name;
  std::uint64_t task = 0;             ///< of TaskName, inside its process; 0: not known
  bool blocked = false;               ///< off the CPU; else on it
  std::vector<std::uint32_t> native;  ///< kernel, then user
  /// What an interpreter ran; a 0 between two frames says that the inner one was called
  /// through native code. Empty when there is none, or when it could not be read.
  std::vector<std::uint32_t> interpreted;
  std::uint64_t samples = 0;
  std::uint64_t ns = 0;  ///< blocked for so long, or so much CPU time that samples stand for
};

}  // namespace culprit
