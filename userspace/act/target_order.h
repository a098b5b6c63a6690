// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "act/rein.h"
#include "act/track.h"
#include "model/subject.h"

namespace culprit {

/// Those of a subject that live.
std::vector<ProcessId> living_of(const Subject& subject);

/// Whom a person names (as culprit why takes it), and what is to be done to them. An error when
/// there is none, or it has ended. `note` says which of several it is; "" of one.
Result<ThrottleOrder> order_for(const Snapshot& snapshot, const std::string& target,
                                const Setting& setting, std::string* note = nullptr);

/// What is to be done to all that is held together with a suspect.
ThrottleOrder order_for(const SuspectTrack& suspect, const Setting& setting);

}  // namespace culprit
