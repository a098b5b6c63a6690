// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "util/result.h"

namespace culprit {

/// Gives up every capability but these, of which it keeps those that it has, for this thread and
/// all that it starts from now on, for good. Call before there are other threads. Gives the
/// names of what is kept.
Result<std::string> keep_capabilities(const std::vector<int>& kept);

}  // namespace culprit
