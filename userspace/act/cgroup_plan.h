// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "act/throttle_plan.h"

namespace culprit {

/// The part of plan_throttle that is about cgroups: weight, quota, memory.high.
Result<ThrottlePlan> plan_cgroup(const ThrottleTarget& target, const Setting& setting,
                                 const KnobHost& host, const std::string& id);

/// "QUOTA PERIOD" for so many CPUs: periods of 20 ms, or of 100 ms where the quota of one would
/// be shorter than the kernel takes.
std::string quota_text(double cpus);

}  // namespace culprit
