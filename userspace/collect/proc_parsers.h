// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace culprit {

// Pure: text of a file of /proc/PID -> reading. Views point into the text.

/// Bits of PidStat::flags, include/linux/sched.h.
constexpr std::uint64_t kFlagKernelThread = 0x00200000;

/// /proc/PID/stat, proc_pid_stat(5). Times are in clock ticks.
struct PidStat {
  std::uint32_t pid = 0, parent_pid = 0;
  std::string_view name;  ///< may hold blanks and parentheses
  char state = 0;         ///< R, S, D, Z, T, t, X, I, …
  std::uint64_t flags = 0;
  std::uint64_t minor_faults = 0, major_faults = 0;
  std::uint64_t user_ticks = 0, system_ticks = 0;
  std::uint64_t start_ticks = 0;  ///< since boot
  std::uint32_t thread_count = 0;
  std::int32_t nice = 0;
  std::uint32_t policy = 0;  ///< SCHED_*
};

/// Absent unless every field above is in it.
std::optional<PidStat> parse_pid_stat(std::string_view text);

/// /proc/PID/status, proc_pid_status(5). A kernel thread has no memory.
struct PidStatus {
  std::optional<std::uint32_t> uid;  ///< the real one
  std::optional<std::uint64_t> rss_bytes, rss_peak_bytes, swap_bytes;
  /// Of the thread whose file it is, not of all threads.
  std::optional<std::uint64_t> voluntary_switches, involuntary_switches;
};

PidStatus parse_pid_status(std::string_view text);

/// /proc/PID/io, proc_pid_io(5): what really went to and from storage.
struct PidIo {
  std::optional<std::uint64_t> read_bytes, write_bytes;
};

PidIo parse_pid_io(std::string_view text);

/// Soft limit of "Max open files" in /proc/PID/limits, proc_pid_limits(5); all bits set
/// for "unlimited", as the kernel keeps it.
std::optional<std::uint64_t> parse_open_files_limit(std::string_view text);

/// Soft limit of "Max processes", the same way.
std::optional<std::uint64_t> parse_process_limit(std::string_view text);

/// The path in one hierarchy from /proc/PID/cgroup, cgroups(7). `hierarchy` is "unified"
/// or a v1 controller.
std::optional<std::string_view> parse_pid_cgroup(std::string_view text, std::string_view hierarchy);

/// True when `word` is one of the words that commas part in `list`.
bool in_comma_list(std::string_view list, std::string_view word);

}  // namespace culprit
