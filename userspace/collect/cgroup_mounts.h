// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace culprit {

/// One mounted cgroup hierarchy.
struct CgroupMount {
  int version = 0;                       ///< 1 or 2
  std::vector<std::string> controllers;  ///< that it manages
  std::string root;                      ///< the cgroup that is mounted, "/" for all
  std::filesystem::path directory;       ///< where, with the reader's root in front
};

/// The cgroup hierarchies of this host. Named v1 hierarchies without a controller
/// (name=systemd) are left out.
struct CgroupMounts {
  int version = 0;  ///< 2 unified, 1 legacy or hybrid, 0 none
  std::vector<CgroupMount> mounts;

  /// "unified" or a controller, as choose_unit_hierarchy names them; null if not mounted.
  /// A controller is found on v1 only, or also on v2 where `or_unified`.
  const CgroupMount* find(std::string_view hierarchy, bool or_unified = false) const;
  /// All controllers, sorted.
  std::vector<std::string> controllers() const;
};

/// From ROOT/proc/self/mountinfo (proc_pid_mountinfo(5)) and cgroup.controllers.
CgroupMounts find_cgroup_mounts(const std::filesystem::path& root = "/");

/// The hierarchy whose tree names units: "unified" where there is no other; else the one
/// of unified, pids, memory and cpu that has the most directories (BPF programs cannot
/// ask for name=systemd). Empty when none is mounted.
std::string choose_unit_hierarchy(const CgroupMounts& mounts);

/// Path below the mount for a path as /proc/PID/cgroup gives it; absent when the cgroup
/// lies outside of what is mounted.
std::optional<std::string_view> path_in_mount(const CgroupMount& mount, std::string_view path);

}  // namespace culprit
