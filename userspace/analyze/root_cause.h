// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "analyze/rule_engine.h"

namespace culprit {

/// Takes findings away that another explains: its rule says so, and what they are about is
/// what the other is about or harms. The cause then harms whom they harmed.
void absorb_symptoms(std::vector<Verdict>& verdicts, const RuleSet& rules);

}  // namespace culprit
