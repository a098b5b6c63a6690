// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "analyze/compare_input.h"
#include "model/comparison.h"

namespace culprit {

/// What differs beyond noise (docs/decisions/2026-11-26-compare.md).
BeforeAfter compare(const ObservedAnalysis& before, const ObservedAnalysis& after);

}  // namespace culprit
