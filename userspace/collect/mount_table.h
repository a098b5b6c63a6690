// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace culprit {

/// One line of mountinfo.
struct Mount {
  std::uint32_t major = 0, minor = 0;
  std::string root;   ///< what of the filesystem is mounted, "/" for all of it
  std::string point;  ///< where
  std::string type, source;
  std::string options;  ///< of the filesystem, parted by commas
};

/// /proc/PID/mountinfo, proc_pid_mountinfo(5), in its order. Pure; lines that are not as
/// documented are left out, and so is what comes after the first 16,384.
std::vector<Mount> parse_mountinfo(std::string_view text);

/// The mounts of `all` whose fill level is worth watching: local filesystems of a type
/// that answers statvfs(2) from memory (never one that asks a network or a FUSE daemon),
/// and an overlay at "/". Each device once, at its shortest path.
std::vector<Mount> watched_filesystems(const std::vector<Mount>& all);

}  // namespace culprit
