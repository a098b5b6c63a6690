// SPDX-License-Identifier: Apache-2.0
#include "collect/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace culprit {

namespace {

constexpr std::size_t kFirstSize = 16 << 10;
constexpr int kOpenFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

}  // namespace

TextReader::TextReader(std::size_t limit, AtLimit at_limit)
    : buffer_(std::min(limit + 1, kFirstSize)), limit_(limit), at_limit_(at_limit) {}

std::optional<std::string_view> TextReader::read(const std::filesystem::path& path) {
  return read_at(AT_FDCWD, path.c_str());
}

std::optional<std::string_view> TextReader::read_at(int directory, const char* path, End end) {
  const Fd file(::openat(directory, path, kOpenFlags));
  if (!file) return std::nullopt;
  return read_open(file.get(), end);
}

std::optional<std::string_view> TextReader::read_open(int fd, End end) {
  std::size_t used = 0;
  truncated_ = false;
  // One byte beyond the limit is asked for, so that a file of just that size is whole.
  while (used <= limit_) {
    if (used == buffer_.size()) buffer_.resize(std::min(buffer_.size() * 2, limit_ + 1));
    const std::size_t room = buffer_.size() - used;
    const ssize_t got = ::pread(fd, buffer_.data() + used, room, static_cast<off_t>(used));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    used += static_cast<std::size_t>(got);
    if (got == 0) break;
    if (end == End::kShortRead && static_cast<std::size_t>(got) < room) break;
  }
  std::string_view text(buffer_.data(), std::min(used, limit_));
  truncated_ = used > limit_;
  if (truncated_ && at_limit_ == AtLimit::kDropLine) text = text.substr(0, text.rfind('\n') + 1);
  return text;
}

std::optional<std::string_view> OpenFile::read(TextReader& reader, TextReader::End end) {
  if (fd_) {
    if (const auto text = reader.read_open(fd_.get(), end)) return text;
  }
  fd_ = Fd(::open(path_.c_str(), kOpenFlags));
  if (!fd_) return std::nullopt;
  const auto text = reader.read_open(fd_.get(), end);
  if (!text) fd_ = Fd();
  return text;
}

std::filesystem::path below(const std::filesystem::path& root, std::string_view path) {
  const std::size_t begin = path.find_first_not_of('/');
  return begin == std::string_view::npos ? root : root / path.substr(begin);
}

Fd open_regular(const std::filesystem::path& path) {
  const Fd found(open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat status {};
  if (!found || fstat(found.get(), &status) != 0 || !S_ISREG(status.st_mode)) return Fd();
  const std::string same = "/proc/self/fd/" + std::to_string(found.get());
  return Fd(open(same.c_str(), O_RDONLY | O_CLOEXEC));
}

Fd open_directory(const std::filesystem::path& path) {
  return Fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

}  // namespace culprit
