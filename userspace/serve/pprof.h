// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/stack_profile.h"

namespace culprit {

/// A profile for pprof (perftools.profiles.Profile, gzip): samples and nanoseconds by stack.
std::string pprof_file(const StackProfile& profile);

}  // namespace culprit
