// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "act/ledger.h"
#include "act/process_facts.h"
#include "act/setting.h"
#include "act/unit_bus.h"
#include "collect/cgroup_mounts.h"

namespace culprit {

/// Who is to be throttled, as it is now.
struct ThrottleTarget {
  LeaseTarget label;
  std::vector<ProcessFacts> members;  ///< not empty
  /// A process may be given a cgroup of its own on version 2, where that takes it out of its unit.
  bool own_cgroup_wanted = false;
};

/// How the knobs of this host work.
struct KnobHost {
  CgroupMounts mounts;
  std::filesystem::path root = "/";  ///< but in tests
  const ProcessFactsReader* processes = nullptr;
  std::optional<UnitHost> units = {};  ///< systemd, where it runs
};

/// Turns a setting into writes, for this host's cgroups or for threads; or says why it cannot
/// be, or would have no effect. Reads only. `id` names a cgroup of our own.
Result<ThrottlePlan> plan_throttle(const ThrottleTarget& target, const Setting& setting,
                                   const KnobHost& host, const std::string& id);

/// Where the cpu controller is: its mount; null where there is none.
const CgroupMount* cpu_mount(const CgroupMounts& mounts);
/// "cpu" or "unified": as /proc/PID/cgroup tells its paths apart.
std::string cpu_hierarchy(const CgroupMounts& mounts);

}  // namespace culprit
