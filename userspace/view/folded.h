// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/stack_profile.h"

namespace culprit {

/// One line a stack, outermost frame first: "a;b;c 12". The number is samples on a CPU, or
/// microseconds blocked, as flamegraph.pl and others read it.
std::string folded_text(const StackProfile& profile);

}  // namespace culprit
