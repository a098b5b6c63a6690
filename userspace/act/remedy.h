// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "act/rein.h"
#include "act/track.h"
#include "model/finding.h"

namespace culprit {

/// What culprit itself can do about a finding; absent: advice only. Pure.
std::optional<Setting> remedy_of(const Recommendation& recommendation);

/// What is to be done to whom: the first of these that the host can do. It is for the processes of
/// the recommendation's target and those that are held together with them; where the target is a
/// disk, for who moves most of those that answer nobody. Empty when none of them is known.
std::vector<ThrottleOrder> orders_of(const Recommendation& recommendation, const Snapshot& snapshot,
                                     const Tracks& tracks);

/// At what those who are held by that knob are in others' way, and so whether it helps can be
/// measured; absent of other knobs. Pure.
std::optional<Resource> resource_of(Knob knob);

/// The recommendation of that id, or the only one whose id begins so; else an error.
Result<Recommendation> find_recommendation(const Snapshot& snapshot, std::string_view id);

}  // namespace culprit
