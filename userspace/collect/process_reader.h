// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "collect/text_file.h"

namespace culprit {

/// The arguments of a process as one line: NUL becomes a blank, what is not printable
/// `?`; at most 4 KiB, then `…`. Pure; absent when nothing is in it.
std::optional<std::string> command_from_cmdline(std::string_view text);

/// What /proc tells of one process and the kernel's counters do not. A process that ended,
/// or that we may not look at, is absent.
class ProcessReader {
 public:
  /// `root` is "/" but in tests.
  explicit ProcessReader(const std::filesystem::path& root = "/");

  /// /proc/PID/cmdline, proc_pid_cmdline(5); absent for a kernel thread.
  std::optional<std::string> command(std::uint32_t pid);

  /// Target of /proc/PID/exe, proc_pid_exe(5), printable; " (deleted)" is left at its end.
  std::optional<std::string> executable(std::uint32_t pid);

  /// Open file descriptors: st_size of /proc/PID/fd (Linux >= 6.2), else its entries, at
  /// most 1,048,576 of them.
  std::optional<std::uint64_t> open_files(std::uint32_t pid);

  /// Soft limit "Max processes" of /proc/PID/limits; absent where there is none.
  std::optional<std::uint64_t> process_limit(std::uint32_t pid);

 private:
  /// "PID/file", below /proc.
  const char* name_of(std::uint32_t pid, const char* file);

  Fd proc_;
  bool is_procfs_ = false;
  TextReader text_;
  std::string name_;
};

}  // namespace culprit
