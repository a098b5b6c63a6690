// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace culprit {

/// One cgroup as found in a tree.
struct CgroupEntry {
  std::uint64_t id = 0;  ///< the kernel's cgroup id: inode number of the directory
  std::string path;      ///< below the mount, "/" for the mount itself; raw bytes
};

struct CgroupTree {
  std::vector<CgroupEntry> entries;  ///< parents before children
  std::size_t left_out = 0;          ///< directories that were not entered
};

/// All cgroups below `directory`, at most `limit` and 64 levels deep; does not follow
/// symbolic links. Empty when the directory cannot be read.
CgroupTree walk_cgroups(const std::filesystem::path& directory, std::size_t limit);

/// The directory of a cgroup below `directory` by its id, without a walk: the kernel
/// takes ids as file handles (kernel >= 5.5, CAP_DAC_READ_SEARCH). Absent when it cannot
/// tell, which says nothing about the cgroup.
std::optional<std::string> path_by_handle(const std::filesystem::path& directory, std::uint64_t id);

/// Id of one directory; absent when there is none.
std::optional<std::uint64_t> cgroup_id_of(const std::filesystem::path& directory);

}  // namespace culprit
