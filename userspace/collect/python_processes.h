// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "collect/sample.h"
#include "runtime/process_memory.h"
#include "runtime/python_code.h"
#include "runtime/python_process.h"

namespace culprit {

/// A process that runs CPython.
struct PythonProcess {
  PythonProcess(std::uint32_t id, std::uint64_t started_ns, PythonFacts found)
      : pid(id),
        start_time_ns(started_ns),
        facts(std::move(found)),
        memory(static_cast<pid_t>(id)) {}

  std::uint32_t pid;
  std::uint64_t start_time_ns;  ///< CLOCK_BOOTTIME
  PythonFacts facts;
  ProcessMemory memory;
  std::unordered_map<std::uint64_t, PythonCode> codes;  ///< by address; as they were first read
};

/// What a look at the host's processes changed.
struct PythonChanges {
  std::vector<PythonProcess*> found;  ///< new, or more is known of them
  /// By pid: they have ended, or run something else by now.
  std::map<std::uint32_t, std::unique_ptr<PythonProcess>> gone;
};

/// The Python processes of the host. Each process is looked at once for each program that it
/// runs: those whose executable is called python at once, the others in turns.
class PythonProcesses {
 public:
  /// `root` is "/" but in tests.
  explicit PythonProcesses(std::filesystem::path root = "/") : root_(std::move(root)) {}

  /// Takes in which processes there are. The sample's lists of threads, of those that ended
  /// and of execs are complete.
  PythonChanges update(const Sample& sample);

  /// A process that the kernel has told of before update() could, as a child of fork; looks
  /// at it when it is not known. Null: it is no Python process.
  PythonProcess* find(std::uint32_t pid, std::uint64_t start_time_ns);
  /// Null when it is not known as one.
  PythonProcess* find(std::uint32_t pid);

  bool empty() const { return processes_.empty(); }

 private:
  /// What is known of any process.
  struct Seen {
    std::uint64_t start_time_ns = 0;
    std::string name;        ///< of its first thread: changes with exec
    std::uint8_t looks = 0;  ///< in vain, though there may be an interpreter
    bool settled = false;    ///< there is no need to look again
  };

  void note(const thread_record& record, PythonChanges& changes);
  void forget(std::uint32_t pid, PythonChanges& changes);
  bool is_named_python(std::uint32_t pid) const;
  PythonProcess* look(std::uint32_t pid, Seen& seen);
  void look_in_turns(PythonChanges& changes);

  std::filesystem::path root_;
  std::unordered_map<std::uint32_t, Seen> seen_;
  std::deque<std::uint32_t> likely_, others_;  ///< to be looked at; each at most once in each
  std::map<std::uint32_t, std::unique_ptr<PythonProcess>> processes_;
};

}  // namespace culprit
