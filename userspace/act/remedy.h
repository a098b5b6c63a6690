// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "act/rein.h"
#include "act/track.h"
#include "model/finding.h"

namespace culprit {

/// What culprit itself can do about a finding; absent: advice only. Pure.
std::optional<Setting> remedy_of(const Recommendation& recommendation);

/// Whom it is to be done to: the processes of the recommendation's target, and those that are
/// held together with them. Absent when none of them is known.
std::optional<ThrottleOrder> order_of(const Recommendation& recommendation,
                                      const Snapshot& snapshot, const Tracks& tracks);

/// The recommendation of that id, or the only one whose id begins so; else an error.
Result<Recommendation> find_recommendation(const Snapshot& snapshot, std::string_view id);

}  // namespace culprit
