// SPDX-License-Identifier: Apache-2.0
#include "collect/process_reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "collect/proc_parsers.h"
#include "collect/text_scan.h"

namespace culprit {

namespace {

constexpr std::size_t kCommandLimit = 4096;
constexpr std::uint64_t kMaxOpenFiles = 1 << 20;

std::optional<std::uint64_t> count_entries(int base, const char* path) {
  const int fd = ::openat(base, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::fdopendir(fd), ::closedir);
  if (!directory) {
    ::close(fd);
    return std::nullopt;
  }
  std::uint64_t count = 0;
  while (const dirent* entry = ::readdir(directory.get()))
    if (entry->d_name[0] != '.' && ++count >= kMaxOpenFiles) break;
  return count;
}

}  // namespace

std::optional<std::string> command_from_cmdline(std::string_view text) {
  // Programs that set their own title pad it with NULs or blanks.
  const std::size_t end = text.find_last_not_of(std::string_view("\0 ", 2));
  if (end == std::string_view::npos) return std::nullopt;
  std::string line(text.substr(0, end + 1));
  std::ranges::replace(line, '\0', ' ');
  return printable(line, kCommandLimit);
}

ProcessReader::ProcessReader(const std::filesystem::path& root)
    : proc_(open_directory(below(root, "proc"))),
      text_(kCommandLimit + 1, TextReader::AtLimit::kKeep) {
  struct statfs filesystem {};
  is_procfs_ =
      proc_ && ::fstatfs(proc_.get(), &filesystem) == 0 && filesystem.f_type == PROC_SUPER_MAGIC;
}

std::optional<std::string> ProcessReader::command(std::uint32_t pid) {
  const auto text = text_.read_at(proc_.get(), name_of(pid, "cmdline"));
  return text ? command_from_cmdline(*text) : std::nullopt;
}

std::optional<std::string> ProcessReader::executable(std::uint32_t pid) {
  std::array<char, 4096> target{};
  const ssize_t length =
      ::readlinkat(proc_.get(), name_of(pid, "exe"), target.data(), target.size());
  if (length <= 0) return std::nullopt;
  return printable({target.data(), static_cast<std::size_t>(length)}, target.size());
}

std::optional<std::uint64_t> ProcessReader::open_files(std::uint32_t pid) {
  struct stat status {};
  const char* const path = name_of(pid, "fd");
  if (::fstatat(proc_.get(), path, &status, 0) != 0 || !S_ISDIR(status.st_mode))
    return std::nullopt;
  // A directory elsewhere than in procfs (in tests) has a size that means nothing.
  if (is_procfs_ && status.st_size > 0) return static_cast<std::uint64_t>(status.st_size);
  return count_entries(proc_.get(), path);
}

std::optional<std::uint64_t> ProcessReader::process_limit(std::uint32_t pid) {
  const auto text = text_.read_at(proc_.get(), name_of(pid, "limits"));
  const auto limit = text ? parse_process_limit(*text) : std::nullopt;
  return limit == UINT64_MAX ? std::nullopt : limit;
}

const char* ProcessReader::name_of(std::uint32_t pid, const char* file) {
  name_ = std::to_string(pid);
  name_ += '/';
  name_ += file;
  return name_.c_str();
}

}  // namespace culprit
