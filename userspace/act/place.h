// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace culprit {

enum class PlaceKind : std::uint8_t {
  kCgroupFile,     ///< a file of a cgroup; "cpu.cfs" stands for quota and period of version 1
  kOwnCgroup,      ///< a cgroup that we make: its value is "absent" or "present"
  kNice,           ///< of a thread, -20 … 19
  kPolicy,         ///< of a thread: "other", "batch" or "idle"
  kIoClass,        ///< of a thread: "none/4", "best-effort/0", "idle/7"
  kOpenFiles,      ///< of a process: "SOFT HARD"
  kNetwork,        ///< of the sockets of a cgroup: network_limit.h
  kUnitProperty,   ///< of a unit of systemd: unit_actuator.h
  kKernelSetting,  ///< kernel_setting.h
  kFreezer,        ///< of a cgroup: "frozen" or "thawed"
};

/// A thread or process, told from a later one with the same number.
struct ThreadIdentity {
  std::uint32_t pid = 0, tid = 0;
  std::uint64_t start_ticks = 0;  ///< since boot, of the thread; field 22 of its stat
  bool operator==(const ThreadIdentity&) const = default;
};

/// Where a value is that we change, and what tells that it still is the same place.
struct Place {
  PlaceKind kind = PlaceKind::kCgroupFile;
  std::string directory;    ///< of the cgroup, or in which our own is made; of settings /proc/sys
  std::uint64_t inode = 0;  ///< of that directory: the cgroup's id
  std::string file;         ///< in it, or the name of our own cgroup
  /// Of our own cgroup: where its members were, and go back to.
  std::string home;
  std::string unit;       ///< of a property: "batch.service"
  ThreadIdentity thread;  ///< of what belongs to a thread or process
  bool operator==(const Place&) const = default;
};

/// "cgroup_file", "own_cgroup", "nice", "policy", "io_class", "open_files", "network",
/// "unit_property", "kernel_setting" or "freezer".
std::string_view place_kind_name(PlaceKind kind);
std::optional<PlaceKind> place_kind(std::string_view name);

/// True when it belongs to a thread or process, and has no directory.
bool is_of_thread(PlaceKind kind);

/// For a person: "/sys/fs/cgroup/cpu/a/cpu.shares", "nice of thread 12".
std::string place_text(const Place& place);

}  // namespace culprit
