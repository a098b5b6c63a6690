// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "act/cgroup_home.h"
#include "act/throttle_plan.h"

namespace culprit {

/// The part of plan_throttle that is about a unit whose cgroup of version 2 is the target's alone:
/// one property of it. Absent when the cgroup is no unit's, or there is no systemd to be asked:
/// then the cgroup's own files are what there is.
std::optional<ThrottlePlan> plan_unit(const Home& home, const Setting& setting,
                                      const KnobHost& host);

}  // namespace culprit
