// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "act/lease.h"
#include "model/action.h"

namespace culprit {

/// A lease as others are told of it.
Action action_of(const Lease& lease);

/// Those that are in force, and those that ended within ten minutes before `wall_ns`.
std::vector<Action> recent_actions(const std::vector<Action>& actions, std::int64_t wall_ns);

}  // namespace culprit
