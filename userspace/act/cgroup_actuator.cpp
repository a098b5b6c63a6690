// SPDX-License-Identifier: Apache-2.0
#include "act/cgroup_actuator.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>
#include <vector>

#include "act/io_limit.h"
#include "collect/cgroup_tree.h"
#include "collect/text_file.h"
#include "collect/text_scan.h"
#include "util/fd.h"

namespace culprit {
namespace {

constexpr char kQuotaPair[] = "cpu.cfs", kIoMax[] = "/io.max";
constexpr char kQuotaFile[] = "cpu.cfs_quota_us", kPeriodFile[] = "cpu.cfs_period_us";
constexpr std::size_t kMembersLimit = 16 << 20;
// A thread that ends still counts for a moment; one that forks leaves another behind.
constexpr int kEmptyTries = 100;
constexpr auto kEmptyPause = std::chrono::milliseconds(5);

tl::unexpected<Error> failed(const std::string& path, const char* what) {
  return fail(path + ": " + what + ": " + std::strerror(errno));
}

/// Writes in one piece, as the kernel's files want it; 0 or the error's number.
int try_write(const std::string& path, const std::string& text) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return errno;
  const ssize_t written = ::write(file.get(), text.data(), text.size());
  return written == static_cast<ssize_t>(text.size()) ? 0 : written < 0 ? errno : EIO;
}

tl::unexpected<Error> refused(const std::string& path, const std::string& text, int error) {
  return fail(path + ": does not take '" + text + "': " + std::strerror(error));
}

Presence presence_of(const std::string& directory, std::uint64_t inode) {
  const auto found = cgroup_id_of(directory);
  if (!found) return Presence::kGone;
  return *found == inode ? Presence::kThere : Presence::kAnother;
}

Result<std::string> read_value(const std::string& path) {
  TextReader reader(4096);
  const auto text = reader.read(path);
  if (!text) return fail(path + ": cannot be read");
  return std::string(trimmed(*text));
}

/// Quota and period; a quota below zero is none.
struct Quota {
  std::int64_t quota = -1, period = 0;
  double ratio() const {
    return quota < 0 ? 1e9 : static_cast<double>(quota) / static_cast<double>(period);
  }
};

std::optional<Quota> parse_quota(std::string_view text) {
  const std::string_view quota = next_word(text);
  const auto period = next_number<std::int64_t>(text);
  const auto amount =
      quota == "max" ? std::optional<std::int64_t>(-1) : to_number<std::int64_t>(quota);
  if (!amount || !period || *period <= 0 || *amount == 0) return std::nullopt;
  return Quota{*amount, *period};
}

Result<std::string> read_quota(const std::string& directory) {
  const auto quota = read_value(directory + "/" + kQuotaFile);
  if (!quota) return quota;
  const auto period = read_value(directory + "/" + kPeriodFile);
  if (!period) return period;
  return (quota->starts_with('-') ? "max" : *quota) + " " + *period;
}

Status write_quota(const std::string& directory, const std::string& value) {
  const auto wanted = parse_quota(value);
  if (!wanted) return fail(directory + "/" + kQuotaPair + ": '" + value + "' is no quota");
  const auto text = read_quota(directory);
  if (!text) return tl::unexpected<Error>(text.error());
  const auto present = parse_quota(*text);
  const bool shrinks = !present || wanted->ratio() < present->ratio();
  const std::pair<const char*, std::int64_t> writes[] = {{kQuotaFile, wanted->quota},
                                                         {kPeriodFile, wanted->period}};
  for (const int index : shrinks ? std::array{0, 1} : std::array{1, 0})
    if (Status done = write_kernel_file(directory + "/" + writes[index].first,
                                        std::to_string(writes[index].second));
        !done)
      return done;
  return {};
}

Result<std::string> read_io_max(const Place& place) {
  TextReader reader(64 << 10);
  const auto text = reader.read(place.directory + kIoMax);
  if (!text) return fail(place.directory + kIoMax + ": cannot be read");
  return io_max_line(*text, std::string_view(place.file).substr(kIoMaxFile.size()));
}

std::string child_of(const Place& place) {
  return place.directory + "/" + place.file;
}

/// Moves what is in a cgroup to another, once. True when it was empty.
Result<bool> move_members(const std::string& from, const std::string& to) {
  // cgroup.procs of version 1 moves threads that went elsewhere along, tasks does not.
  const std::string list =
      ::access((from + "/tasks").c_str(), F_OK) == 0 ? "/tasks" : "/cgroup.procs";
  TextReader reader(kMembersLimit);
  const auto text = reader.read(from + list);
  if (!text) return fail(from + list + ": cannot be read");
  std::vector<std::string> members;
  std::string_view rest = *text, line;
  while (next_line(rest, line)) members.emplace_back(line);
  for (const std::string& member : members)
    if (const int error = try_write(to + list, member); error != 0 && error != ESRCH)
      return refused(to + list, member, error);
  return members.empty();
}

/// Where the members go: home, or when that is no more, the nearest cgroup above it.
std::string home_of(const Place& place) {
  std::filesystem::path home = place.home;
  while (!cgroup_id_of(home) && home.has_relative_path()) home = home.parent_path();
  return home;
}

Status remove_own(const Place& place) {
  const std::string child = child_of(place), home = home_of(place);
  for (int attempt = 0; attempt < kEmptyTries; ++attempt) {
    const auto empty = move_members(child, home);
    if (!empty) return tl::unexpected<Error>(empty.error());
    if (*empty && (::rmdir(child.c_str()) == 0 || errno == ENOENT)) return {};
    // What is no kernel's (in tests) is no empty directory.
    if (*empty && errno != EBUSY) return failed(child, "cannot be removed");
    std::this_thread::sleep_for(kEmptyPause);
  }
  return fail(child + ": is still busy");
}

}  // namespace

Status write_kernel_file(const std::string& path, const std::string& text) {
  if (const int error = try_write(path, text); error != 0) return refused(path, text, error);
  return {};
}

Presence CgroupFileActuator::presence(const Place& place) {
  return presence_of(place.directory, place.inode);
}

Result<std::string> CgroupFileActuator::read(const Place& place) {
  if (place.file == kQuotaPair) return read_quota(place.directory);
  if (place.file.starts_with(kIoMaxFile)) return read_io_max(place);
  return read_value(place.directory + "/" + place.file);
}

Status CgroupFileActuator::write(const Place& place, const std::string& value) {
  if (place.file == kQuotaPair) return write_quota(place.directory, value);
  if (place.file.starts_with(kIoMaxFile)) return write_kernel_file(place.directory + kIoMax, value);
  return write_kernel_file(place.directory + "/" + place.file, value);
}

Presence OwnCgroupActuator::presence(const Place& place) {
  return presence_of(place.directory, place.inode);
}

Result<std::string> OwnCgroupActuator::read(const Place& place) {
  struct stat status {};
  if (::lstat(child_of(place).c_str(), &status) == 0) return std::string(kPresent);
  if (errno == ENOENT) return std::string(kAbsent);
  return failed(child_of(place), "cannot be looked at");
}

Status OwnCgroupActuator::write(const Place& place, const std::string& value) {
  if (value == kAbsent) return remove_own(place);
  if (::mkdir(child_of(place).c_str(), 0755) != 0) return failed(child_of(place), "cannot be made");
  return {};
}

}  // namespace culprit
