// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "act/process_facts.h"
#include "collect/cgroup_mounts.h"
#include "util/result.h"

namespace culprit {

/// The cgroup that a target is in, in one hierarchy.
struct Home {
  const CgroupMount* mount = nullptr;
  std::string path;        ///< below the mount
  std::string directory;   ///< of it
  bool exclusive = false;  ///< nobody but the target is in it or below
  bool is_root = false;    ///< of the hierarchy, where nothing can be set
};

/// `members`: not empty, with the cgroups that they have in the hierarchy of `mount`, which
/// outlives the result. An error when they are in several.
Result<Home> find_home(const std::vector<ProcessFacts>& members, const CgroupMount& mount);

/// The members as they are in another hierarchy; who has ended is left out.
std::vector<ProcessFacts> in_hierarchy(const std::vector<ProcessFacts>& members,
                                       const ProcessFactsReader& processes);

/// Where a value of that cgroup is.
Place cgroup_file(const std::string& directory, const char* file);

/// Of a cgroup of our own in `parent`, to be made for what is at home in `home`.
Place own_cgroup_place(const std::string& parent, const Home& home, const std::string& id);

/// Asks, each time it is called, for those of `members` that live and are still in their cgroup,
/// and what they started. `processes` reads of the hierarchy that they were read of.
std::function<std::vector<ThreadIdentity>()> who_moves(const std::vector<ProcessFacts>& members,
                                                       const ProcessFactsReader& processes);

}  // namespace culprit
