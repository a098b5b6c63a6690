// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "model/action.h"
#include "model/snapshot.h"

namespace culprit {

/// What was done, or would be, as a list for a person.
std::string actions_report(const std::vector<Action>& actions);

/// One action explained: evidence, guards, what was written, and how its verdict was measured.
std::string action_report(const Action& action);

/// All findings of that id that hold in a judged snapshot, with what they rest on, whom they harm,
/// and what would be done. "" when none does.
std::string finding_report(const Snapshot& snapshot, const std::string& id);

/// "expected -60 % of the victim's p95, achieved -74 %"; "" where neither is known.
std::string impact_text(const Action& action);

}  // namespace culprit
