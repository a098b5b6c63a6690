// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "act/guards.h"
#include "act/lease.h"

namespace culprit {

/// How much may be done at all.
inline constexpr std::size_t kMostActive = 3, kMostPerHour = 20, kMostPerTarget = 3;

/// What leases of before say against another one on that target: somebody else wrote there
/// within ten minutes, or the budget is used up. Pure.
std::vector<Veto> history_vetoes(const std::vector<Lease>& leases, const LeaseTarget& target,
                                 const std::vector<ProcessFacts>& members, std::int64_t wall_ns);

/// True when both are the same process, or have the same name as a unit or task.
bool is_same_target(const LeaseTarget& a, const LeaseTarget& b);

}  // namespace culprit
