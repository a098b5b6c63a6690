// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/comparison.h"

namespace culprit {

/// The document `culprit.comparison/1` (rules/schema/) as text, without a line break at its end.
std::string comparison_json(const BeforeAfter& comparison);

}  // namespace culprit
