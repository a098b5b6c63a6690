// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "act/actuator.h"
#include "act/lease.h"

namespace culprit {

/// Takes one change back by comparing: a value that is ours becomes the old one, the old one
/// stays, and so does any other, which somebody else wrote. What is gone is not made anew.
Undone undo(Actuator& actuator, const ValueChange& change);

}  // namespace culprit
