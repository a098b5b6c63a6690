// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/stack_profile.h"

namespace culprit {

/// A file for https://www.speedscope.app: one "sampled" profile, weights in nanoseconds.
std::string speedscope_json(const StackProfile& profile);

}  // namespace culprit
