// SPDX-License-Identifier: Apache-2.0
#include "collect/proc_parsers.h"

#include "collect/text_scan.h"

namespace culprit {

namespace {

/// Takes the next number into `out`; false when there is none.
template <std::integral T>
bool take(std::string_view& words, T& out) {
  const auto number = next_number<T>(words);
  if (!number) return false;
  out = *number;
  return true;
}

std::optional<std::uint64_t> kilobytes(std::string_view words) {
  return scaled(next_number<std::uint64_t>(words), 1024);
}

/// Of the line of /proc/PID/limits that begins with `key`.
std::optional<std::uint64_t> soft_limit(std::string_view text, std::string_view key) {
  std::string_view line;
  while (next_line(text, line)) {
    if (!line.starts_with(key)) continue;
    line.remove_prefix(key.size());
    const std::string_view soft = next_word(line);
    if (soft == "unlimited") return UINT64_MAX;
    return to_number<std::uint64_t>(soft);
  }
  return std::nullopt;
}

}  // namespace

std::optional<PidStat> parse_pid_stat(std::string_view text) {
  PidStat stat;
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(')');  // the name may have some of its own
  if (open == std::string_view::npos || close == std::string_view::npos || close <= open)
    return std::nullopt;
  const auto pid = to_number<std::uint32_t>(trimmed(text.substr(0, open)));
  if (!pid) return std::nullopt;
  stat.pid = *pid;
  stat.name = text.substr(open + 1, close - open - 1);
  std::string_view words = trimmed(text.substr(close + 1));
  const std::string_view state = next_word(words);
  if (state.size() != 1) return std::nullopt;
  stat.state = state[0];
  if (!take(words, stat.parent_pid)) return std::nullopt;
  skip_words(words, 4);  // pgrp session tty_nr tpgid
  if (!take(words, stat.flags) || !take(words, stat.minor_faults)) return std::nullopt;
  skip_words(words, 1);  // cminflt
  if (!take(words, stat.major_faults)) return std::nullopt;
  skip_words(words, 1);  // cmajflt
  if (!take(words, stat.user_ticks) || !take(words, stat.system_ticks)) return std::nullopt;
  skip_words(words, 3);  // cutime cstime priority
  if (!take(words, stat.nice) || !take(words, stat.thread_count)) return std::nullopt;
  skip_words(words, 1);  // itrealvalue
  if (!take(words, stat.start_ticks)) return std::nullopt;
  skip_words(words, 18);  // vsize … rt_priority
  if (!take(words, stat.policy)) return std::nullopt;
  return stat;
}

PidStatus parse_pid_status(std::string_view text) {
  PidStatus status;
  std::string_view line;
  while (next_line(text, line)) {
    // Most lines are of no interest: look at one byte before looking for words.
    if (line.empty() || (line[0] != 'U' && line[0] != 'V' && line[0] != 'v' && line[0] != 'n'))
      continue;
    const std::string_view key = next_word(line);
    if (key == "Uid:")
      status.uid = next_number<std::uint32_t>(line);
    else if (key == "VmHWM:")
      status.rss_peak_bytes = kilobytes(line);
    else if (key == "VmRSS:")
      status.rss_bytes = kilobytes(line);
    else if (key == "VmSwap:")
      status.swap_bytes = kilobytes(line);
    else if (key == "voluntary_ctxt_switches:")
      status.voluntary_switches = next_number<std::uint64_t>(line);
    else if (key == "nonvoluntary_ctxt_switches:")
      status.involuntary_switches = next_number<std::uint64_t>(line);
  }
  return status;
}

PidIo parse_pid_io(std::string_view text) {
  PidIo io;
  std::string_view line;
  while (next_line(text, line)) {
    const std::string_view key = next_word(line);
    if (key == "read_bytes:")
      io.read_bytes = next_number<std::uint64_t>(line);
    else if (key == "write_bytes:")
      io.write_bytes = next_number<std::uint64_t>(line);
  }
  return io;
}

std::optional<std::uint64_t> parse_open_files_limit(std::string_view text) {
  return soft_limit(text, "Max open files ");
}

std::optional<std::uint64_t> parse_process_limit(std::string_view text) {
  return soft_limit(text, "Max processes ");
}

std::optional<std::string_view> parse_pid_cgroup(std::string_view text,
                                                 std::string_view hierarchy) {
  const bool unified = hierarchy == "unified";
  std::string_view line;
  while (next_line(text, line)) {  // "4:memory:/path", unified "0::/path"
    const std::size_t first = line.find(':');
    if (first == std::string_view::npos) continue;
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const std::string_view path = line.substr(second + 1);
    const bool match = unified ? controllers.empty() && line.starts_with("0:")
                               : in_comma_list(controllers, hierarchy);
    if (match && path.starts_with('/')) return path;
  }
  return std::nullopt;
}

bool in_comma_list(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (list.substr(0, comma) == word) return true;
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return false;
}

}  // namespace culprit
