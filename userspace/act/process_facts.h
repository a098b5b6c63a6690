// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "act/place.h"

namespace culprit {

/// What /proc tells of a process before it is throttled.
struct ProcessFacts {
  ThreadIdentity id;  ///< pid == tid
  std::uint32_t parent_pid = 0;
  std::string name;
  std::string executable;  ///< path; "" of a kernel thread
  bool kernel_thread = false;
  bool real_time = false;  ///< a thread of it is
  std::optional<int> oom_score_adj;
  std::string cpu_cgroup;      ///< path in the hierarchy of the cpu controller
  bool one_cpu_cgroup = true;  ///< all threads are in that one
  std::string autogroup;       ///< "/autogroup-12"; "" where there are none
  std::vector<ThreadIdentity> threads;
};

/// Who runs now: parents, and what each is.
class ProcessFactsReader {
 public:
  /// `cpu_hierarchy`: "cpu" on version 1, "unified" on 2. `root` is "/" but in tests.
  explicit ProcessFactsReader(std::string cpu_hierarchy, const std::filesystem::path& root = "/");

  /// Absent when there is no such process.
  std::optional<ProcessFacts> read(std::uint32_t pid) const;
  /// Parent of every process.
  std::map<std::uint32_t, std::uint32_t> parents() const;
  /// Processes that hold a file lock for which another one waits.
  std::set<std::uint32_t> lock_holders() const;

 private:
  std::string cpu_hierarchy_;
  std::filesystem::path root_;
};

/// The process and all that it started and that still are its children, or theirs.
std::vector<std::uint32_t> with_descendants(const std::map<std::uint32_t, std::uint32_t>& parents,
                                            const std::vector<std::uint32_t>& pids);
/// The process, and who started it, up to the first.
std::set<std::uint32_t> with_ancestors(const std::map<std::uint32_t, std::uint32_t>& parents,
                                       std::uint32_t pid);

/// /proc/locks, proc_locks(5): holders of locks with somebody in the queue. Pure.
std::set<std::uint32_t> parse_lock_holders(std::string_view text);

}  // namespace culprit
