// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dirent.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "bpf/thread.h"
#include "collect/cgroup_mounts.h"
#include "collect/proc_parsers.h"
#include "collect/text_file.h"

namespace culprit {

/// The fallback without BPF: all processes from /proc, proc_pid_stat(5) and its siblings.
class ProcScanner {
 public:
  static constexpr std::size_t kMaxProcesses = 65'536;

  /// `root` is "/" but in tests.
  explicit ProcScanner(std::filesystem::path root = "/");
  /// With the hierarchy that CgroupReader uses, so that cgroup ids mean the same.
  ProcScanner(std::filesystem::path root, const CgroupMounts& mounts, const std::string& hierarchy);

  /// One record per process, tid == pid; empty when /proc cannot be read. CPU time,
  /// faults and bytes are those of the whole process, switches those of its first thread.
  /// What /proc does not tell is 0 (Coverage says so); times are as coarse as a clock
  /// tick. THREAD_RUNNING stands for running or queued; a reason other than
  /// uninterruptible sleep (taken for disk) is BLOCKED_OTHER. The open-files limit and
  /// the cgroup are read anew every 8 scans; bytes, switches and peak size every 4 scans
  /// while its stat file says that nothing has changed (less than a tick of CPU time, no
  /// fault, same size). A process that ends meanwhile is left out.
  std::vector<thread_record> scan();

 private:
  /// What seldom changes.
  struct Kept {
    std::uint64_t start_ticks = 0;
    std::size_t stat_hash = 0;
    thread_record last{};
    std::string cgroup;
    std::uint64_t young_until = 0;  ///< number of a scan
    std::uint64_t seen_at = 0;
  };

  std::vector<std::uint32_t> list_pids();
  std::optional<thread_record> read_process(std::uint32_t pid);
  bool fill_status(thread_record& record);
  void fill_io(thread_record& record);
  void fill_limits(thread_record& record, Kept& kept);
  std::uint64_t cgroup_id(const std::string& path);
  std::optional<std::string_view> text_of(std::uint32_t pid, const char* file);

  struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
  };

  std::unique_ptr<DIR, CloseDirectory> proc_;
  std::string hierarchy_;
  std::optional<CgroupMount> mount_;
  TextReader text_;
  std::uint64_t tick_ns_, scans_ = 0;
  std::unordered_map<std::uint32_t, Kept> kept_;
  std::unordered_map<std::string, std::uint64_t> cgroup_ids_;  ///< of one scan
};

}  // namespace culprit
