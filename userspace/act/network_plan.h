// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "act/throttle_plan.h"

namespace culprit {

/// The part of plan_throttle that is about sockets: refused connections, new connections and
/// bytes a second. A cgroup of version 2 that is the target's alone is limited as it is. Where
/// others share it, the target gets one of its own below, so that it stays what it is part of.
Result<ThrottlePlan> plan_network(const ThrottleTarget& target, const Setting& setting,
                                  const KnobHost& host, const std::string& id);

}  // namespace culprit
