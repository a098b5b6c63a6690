// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "act/evidence.h"

namespace culprit {

/// What it should bring the victim when this suspect gives way: of what its p95 is above the
/// usual, the part that it is to blame for. Pure.
ExpectedImpact expected_impact(const std::string& victim, const Suffering& suffering,
                               const Incrimination& evidence);

}  // namespace culprit
