// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string_view>

#include "util/result.h"

namespace culprit {

/// Reads `10`, `10s`, `0.5s`, `250ms`, `5m`, `2h`, `3d`; a bare number is seconds. More
/// than zero and at most 366 days, else misuse.
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

}  // namespace culprit
