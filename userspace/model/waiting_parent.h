// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "model/snapshot.h"

namespace culprit {

/// A shell that runs a script, sudo, timeout and the like only wait for what they started: those of
/// no class of their own are background when all of their children are. Pure.
void classify_waiting_parents(std::vector<ProcessRow>& processes);

}  // namespace culprit
