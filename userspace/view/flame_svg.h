// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/stack_profile.h"

namespace culprit {

/// A flame graph, callers above what they called, as one SVG file that needs nothing else:
/// opened in a browser it can be searched and zoomed. At most 10,000 frames are drawn, none below
/// 0.005 % of the whole; its title says how many are left out.
std::string flame_svg(const StackProfile& profile);

}  // namespace culprit
