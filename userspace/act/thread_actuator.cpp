// SPDX-License-Identifier: Apache-2.0
#include "act/thread_actuator.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "collect/proc_parsers.h"
#include "collect/text_file.h"
#include "collect/text_scan.h"

namespace culprit {
namespace {

constexpr std::uint64_t kExiting = 0x4;  // PF_EXITING of linux/sched.h

tl::unexpected<Error> failed(const Place& place) {
  return fail(place_text(place) + ": " + std::strerror(errno));
}

Status done_if(bool done, const Place& place) {
  if (!done) return failed(place);
  return {};
}

tl::unexpected<Error> no_value(const Place& place, const std::string& value) {
  return fail(place_text(place) + ": '" + value + "' is no value of it");
}

struct Policy {
  std::string_view name;
  int number;
};
constexpr std::array<Policy, 3> kPolicies = {
    {{"other", SCHED_OTHER}, {"batch", SCHED_BATCH}, {"idle", SCHED_IDLE}}};

// Of linux/ioprio.h, which names a parameter `class` and so is no C++.
constexpr int kWhoProcess = 1, kClassShift = 13, kClassMask = 7, kLevelMask = 0x1fff;

constexpr std::array<std::string_view, 4> kIoClasses = {"none", "realtime", "best-effort", "idle"};

Result<std::string> read_nice(const Place& place) {
  errno = 0;
  const int nice = ::getpriority(PRIO_PROCESS, place.thread.tid);
  if (nice == -1 && errno != 0) return failed(place);
  return std::to_string(nice);
}

Status write_nice(const Place& place, const std::string& value) {
  const auto nice = to_number<int>(value);
  if (!nice || *nice < -20 || *nice > 19) return no_value(place, value);
  return done_if(::setpriority(PRIO_PROCESS, place.thread.tid, *nice) == 0, place);
}

Result<std::string> read_policy(const Place& place) {
  const int number = ::sched_getscheduler(static_cast<pid_t>(place.thread.tid));
  if (number < 0) return failed(place);
  for (const Policy& policy : kPolicies)
    if (policy.number == (number & ~SCHED_RESET_ON_FORK)) return std::string(policy.name);
  return fail(place_text(place) + ": is one of real time");
}

Status write_policy(const Place& place, const std::string& value) {
  for (const Policy& policy : kPolicies) {
    if (policy.name != value) continue;
    const sched_param parameters{};
    return done_if(
        ::sched_setscheduler(static_cast<pid_t>(place.thread.tid), policy.number, &parameters) == 0,
        place);
  }
  return no_value(place, value);
}

Result<std::string> read_io_class(const Place& place) {
  const long value = ::syscall(SYS_ioprio_get, kWhoProcess, place.thread.tid);
  if (value < 0) return failed(place);
  const auto io_class = static_cast<std::size_t>((value >> kClassShift) & kClassMask);
  if (io_class >= kIoClasses.size()) return fail(place_text(place) + ": is of no known class");
  return std::string(kIoClasses[io_class]) + "/" + std::to_string(value & kLevelMask);
}

Status write_io_class(const Place& place, const std::string& value) {
  const std::size_t slash = value.find('/');
  const auto level = to_number<int>(std::string_view(value).substr(slash + 1));
  if (slash == std::string::npos || !level || *level < 0 || *level > 7)
    return no_value(place, value);
  for (std::size_t io_class = 0; io_class < kIoClasses.size(); ++io_class)
    if (kIoClasses[io_class] == value.substr(0, slash)) {
      const long wanted = static_cast<long>(io_class << kClassShift) | *level;
      return done_if(::syscall(SYS_ioprio_set, kWhoProcess, place.thread.tid, wanted) == 0, place);
    }
  return no_value(place, value);
}

Result<std::string> read_open_files(const Place& place) {
  rlimit limit{};
  if (::prlimit(static_cast<pid_t>(place.thread.pid), RLIMIT_NOFILE, nullptr, &limit) != 0)
    return failed(place);
  return std::to_string(limit.rlim_cur) + " " + std::to_string(limit.rlim_max);
}

Status write_open_files(const Place& place, const std::string& value) {
  std::string_view words = value;
  const auto soft = next_number<rlim_t>(words), hard = next_number<rlim_t>(words);
  if (!soft || !hard || *soft > *hard) return no_value(place, value);
  const rlimit limit{*soft, *hard};
  return done_if(
      ::prlimit(static_cast<pid_t>(place.thread.pid), RLIMIT_NOFILE, &limit, nullptr) == 0, place);
}

}  // namespace

std::optional<std::uint64_t> thread_start_ticks(std::uint32_t pid, std::uint32_t tid) {
  TextReader reader(4096);
  const auto text =
      reader.read("/proc/" + std::to_string(pid) + "/task/" + std::to_string(tid) + "/stat");
  if (!text) return std::nullopt;
  const auto stat = parse_pid_stat(*text);
  // Who is about to end, or has and stays listed until its parent asks, does nothing any more.
  if (!stat || stat->flags & kExiting || stat->state == 'Z' || stat->state == 'X')
    return std::nullopt;
  return stat->start_ticks;
}

Presence ThreadActuator::presence(const Place& place) {
  const auto started = thread_start_ticks(place.thread.pid, place.thread.tid);
  if (!started) return Presence::kGone;
  return *started == place.thread.start_ticks ? Presence::kThere : Presence::kAnother;
}

Result<std::string> ThreadActuator::read(const Place& place) {
  switch (place.kind) {
    case PlaceKind::kNice:
      return read_nice(place);
    case PlaceKind::kPolicy:
      return read_policy(place);
    case PlaceKind::kIoClass:
      return read_io_class(place);
    case PlaceKind::kOpenFiles:
      return read_open_files(place);
    case PlaceKind::kCgroupFile:
    case PlaceKind::kOwnCgroup:
    case PlaceKind::kNetwork:
    case PlaceKind::kUnitProperty:
    case PlaceKind::kKernelSetting:
    case PlaceKind::kFreezer:
      break;
  }
  return fail(place_text(place) + ": is of no thread");
}

Status ThreadActuator::write(const Place& place, const std::string& value) {
  switch (place.kind) {
    case PlaceKind::kNice:
      return write_nice(place, value);
    case PlaceKind::kPolicy:
      return write_policy(place, value);
    case PlaceKind::kIoClass:
      return write_io_class(place, value);
    case PlaceKind::kOpenFiles:
      return write_open_files(place, value);
    case PlaceKind::kCgroupFile:
    case PlaceKind::kOwnCgroup:
    case PlaceKind::kNetwork:
    case PlaceKind::kUnitProperty:
    case PlaceKind::kKernelSetting:
    case PlaceKind::kFreezer:
      break;
  }
  return fail(place_text(place) + ": is of no thread");
}

}  // namespace culprit
