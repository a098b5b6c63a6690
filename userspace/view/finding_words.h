// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/finding.h"

namespace culprit {

/// "process gunicorn (812)", "endpoint GET /users/{id}".
std::string target_words(const Target& target);

/// "340ms", "82.0 %", "1.2G", by the unit's word in JSON.
std::string evidence_words(double value, const std::string& unit);

}  // namespace culprit
