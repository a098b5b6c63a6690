// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "analyze/situation.h"
#include "model/finding.h"

namespace culprit {

/// 100 less what each finding costs: 15 of a critical one, 5 of a warning, 1 of an info; less
/// where only a part of the host's requests suffers; at most 30 of a category.
Score score_of(const std::vector<Finding>& findings, const Situation& situation);

}  // namespace culprit
