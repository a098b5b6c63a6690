// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/snapshot.h"

namespace culprit {

/// The answer: the score, what is wrong and who suffers, and what to do, at most five things.
/// Nothing where nobody judged. Ends with a line break.
void write_findings(std::string& out, const Snapshot& snapshot);

/// "score 82: 1 critical, 2 warnings", on one line.
std::string verdict_line(const Judgement& judgement);

}  // namespace culprit
