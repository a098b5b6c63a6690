// SPDX-License-Identifier: Apache-2.0
#include "act/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "collect/text_file.h"

namespace culprit {
namespace {

constexpr std::size_t kReadLimit = 64 << 20;
constexpr off_t kShortenAt = 256 << 10;
constexpr std::size_t kClosedKept = 200;

tl::unexpected<Error> failed(const std::filesystem::path& path, const char* what) {
  return fail(path.string() + ": " + what + ": " + std::strerror(errno));
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// True when a line was cut: what follows would be read as a part of it.
bool ends_within_a_line(int fd, off_t size) {
  char last = '\n';
  return size > 0 && ::pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

/// All that is known of a lease; of a closed one without its changes.
std::string lines_of(const Lease& lease) {
  std::string lines = lease_line(lease);
  for (std::size_t index = 0; lease.open() && index < lease.changes.size(); ++index) {
    const ValueChange& change = lease.changes[index];
    lines += intent_line(lease.id, index, change);
    if (change.applied) lines += applied_line(lease.id, index, change);
    if (change.undone) lines += undone_line(lease.id, index, *change.undone);
  }
  if (lease.verdict) lines += verdict_line(lease);
  if (!lease.open()) lines += closed_line(lease);
  return lines;
}

}  // namespace

Result<Journal> Journal::open(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory.parent_path(), error);
  if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST)
    return failed(directory, "cannot be made");
  struct stat status {};
  if (::lstat(directory.c_str(), &status) != 0) return failed(directory, "cannot be looked at");
  if (!S_ISDIR(status.st_mode)) return misuse(directory.string() + ": is no directory");
  // Who can write here could have us write to any cgroup.
  if (status.st_uid != ::geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return misuse(directory.string() +
                  ": has to belong to the user who runs culprit, who alone may write to it");
  return Journal(directory);
}

Result<Fd> Journal::lock() const {
  const std::filesystem::path path = directory_ / "lock";
  Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return failed(path, "cannot be opened");
  while (::flock(file.get(), LOCK_EX) != 0)
    if (errno != EINTR) return failed(path, "cannot be locked");
  return file;
}

Status Journal::append(const std::string& lines) const {
  const Fd fd(::open(file().c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return failed(file(), "cannot be opened");
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return failed(file(), "cannot be looked at");
  const std::string text = (ends_within_a_line(fd.get(), status.st_size) ? "\n" : "") + lines;
  if (write_all(fd.get(), text)) return {};
  const auto wrong = failed(file(), "cannot be written");
  // Full: half a line is worth nothing. Where this fails too, the next one begins a line anew.
  if (::ftruncate(fd.get(), status.st_size) != 0) return wrong;
  return wrong;
}

Result<JournalText> Journal::read() const {
  TextReader reader(kReadLimit, TextReader::AtLimit::kKeep);
  const auto text = reader.read(file());
  if (text) return parse_journal(*text);
  if (::access(file().c_str(), F_OK) == 0) return fail(file().string() + ": cannot be read");
  return JournalText{};
}

Status Journal::shorten() const {
  struct stat status {};
  if (::stat(file().c_str(), &status) != 0 || status.st_size < kShortenAt) return {};
  const auto held = read();
  if (!held) return tl::unexpected<Error>(held.error());
  std::size_t closed = 0;
  for (const Lease& lease : held->leases) closed += !lease.open();
  std::string lines;
  for (const Lease& lease : held->leases)
    if (lease.open() || closed-- <= kClosedKept) lines += lines_of(lease);
  const std::filesystem::path next = directory_ / "journal.new";
  const Fd fd(::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd || !write_all(fd.get(), lines)) return failed(next, "cannot be written");
  if (::rename(next.c_str(), file().c_str()) != 0) return failed(file(), "cannot be replaced");
  return {};
}

}  // namespace culprit
