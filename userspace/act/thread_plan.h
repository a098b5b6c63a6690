// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "act/throttle_plan.h"

namespace culprit {

/// The part of plan_throttle that is about threads: nice value, policy, I/O class, open files.
Result<ThrottlePlan> plan_threads(const ThrottleTarget& target, const Setting& setting,
                                  const KnobHost& host);

/// Among whom nice values and policies of a thread count: threads of one cgroup and, in the
/// root of the hierarchy, of one autogroup. "" where it is not known.
std::string scheduling_group(const ProcessFacts& process);

}  // namespace culprit
