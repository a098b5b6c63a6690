// SPDX-License-Identifier: Apache-2.0
#include "runtime/perf_map.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>

#include "collect/text_file.h"
#include "collect/text_scan.h"
#include "runtime/symbol_text.h"

namespace culprit {
namespace {

constexpr std::size_t kMostBytes = 64 << 20;

/// The pid in the innermost namespace: last of the line "NSpid:" of /proc/PID/status.
std::string own_pid(const ProcessView& process) {
  TextReader reader;
  std::string pid = std::to_string(process.pid);
  std::string_view text = reader.read(process.directory() / "status").value_or("");
  for (std::string_view line; next_line(text, line);) {
    if (next_word(line) != "NSpid:") continue;
    for (std::string_view word = next_word(line); !word.empty(); word = next_word(line))
      if (to_number<pid_t>(word)) pid = word;
  }
  return pid;
}

/// Symbolic links of the process lead nowhere outside of its own root. Empty when there is no
/// regular file, or when it belongs to neither root nor `owner`: anybody may write to /tmp.
Fd open_within(const std::filesystem::path& root, const std::string& path, uid_t owner) {
  const Fd directory = open_directory(root);
  if (!directory) return {};
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const Fd found(
      static_cast<int>(syscall(SYS_openat2, directory.get(), path.c_str(), &how, sizeof(how))));
  struct stat status {};
  if (!found || fstat(found.get(), &status) != 0 || (status.st_uid != 0 && status.st_uid != owner))
    return {};
  return open_regular("/proc/self/fd/" + std::to_string(found.get()));
}

}  // namespace

bool PerfMap::update(const ProcessView& process) {
  struct stat status {
  }, owner{};
  if (stat(process.directory().c_str(), &owner) != 0) return false;
  const Fd file = open_within(process.directory() / "root",
                              "/tmp/perf-" + own_pid(process) + ".map", owner.st_uid);
  if (!file || fstat(file.get(), &status) != 0) return false;
  const std::int64_t modified_ns =
      std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  if (status.st_size == size_ && modified_ns == modified_ns_) return false;
  TextReader reader(kMostBytes);
  const auto text = reader.read_open(file.get());
  if (!text) return false;
  table_ = parse_perf_map(*text);
  size_ = status.st_size;
  modified_ns_ = modified_ns;
  return true;
}

}  // namespace culprit
