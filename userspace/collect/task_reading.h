// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bpf/thread.h"

namespace culprit {

/// Where a function is written.
struct CodeName {
  std::string function;    ///< qualified: "Worker.run", "main.<locals>.poll"
  std::string file;        ///< as the interpreter knows it
  std::uint32_t line = 0;  ///< its first; 0: not known
  auto operator<=>(const CodeName&) const = default;
};

enum class TaskKind : std::uint8_t {
  kCoroutine,  ///< an asyncio task, by the coroutine it runs
  kCallback,   ///< what an event loop calls that belongs to no task
  kThread,     ///< by the function a thread was started for
  kJob,        ///< a unit of work that a framework runs: a request, a Celery or RQ job
  kNative,     ///< a thread that no interpreter knows
};

/// A task found inside a process, told once, and again when more is known of its names.
struct TaskName {
  std::uint64_t task = 0;  ///< id, never reused while culprit runs
  std::uint32_t pid = 0;
  std::uint64_t process_start_time_ns = 0;
  TaskKind kind = TaskKind::kThread;
  std::optional<CodeName> root;         ///< outermost coroutine, callback, or thread's function
  std::optional<CodeName> application;  ///< first function of the application within it
  std::string runtime;                  ///< "cpython 3.11"
  std::string framework;                ///< what the anchor belongs to: "celery", …; "" none
};

/// The kernel's side remembers so many of a task, the latest ones.
inline constexpr std::size_t kMostTaskRuns = 32;

/// A stretch of time in which a task was at work, with short pauses only.
struct TaskRun {
  std::uint64_t start_ns = 0, end_ns = 0;  ///< CLOCK_MONOTONIC; the last one may go on
  std::uint64_t samples = 0;               ///< CPU samples within, by weight
};

/// What a task used since it was first seen; cumulative but for `runs`. Listed when anything
/// of it changed.
struct TaskReading {
  std::uint64_t task = 0;
  std::uint64_t samples = 0;            ///< of the CPU clock, by weight, see task_sample_ns
  std::uint64_t squares = 0;            ///< of the samples' weights; 0: these were 1
  std::uint64_t contended = 0;          ///< of these: others were queued on that CPU
  std::optional<std::uint64_t> cpu_ns;  ///< measured at its steps; exact mode only
  std::uint64_t run_queue_ns = 0;
  std::array<std::uint64_t, BLOCKED_REASONS> blocked_ns{};  ///< its thread, while it was on top
  std::int64_t growth_bytes = 0;  ///< of the process's resident memory, while it ran
  std::uint64_t steps = 0;        ///< exact mode: how often it was resumed
  /// Begun or continued since the previous sample; one that goes on is told again with the
  /// same start; of more than kMostTaskRuns the latest. A pause of more than 20 ms ends a run here;
  /// the model joins them to what a person calls a run.
  std::vector<TaskRun> runs;
};

}  // namespace culprit
