// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string_view>

#include "util/result.h"

namespace culprit {

/// Reads `10`, `10s`, `0.5s`, `250ms`, `5m`, `2h`, `3d`; a bare number is seconds. More
/// than zero and at most 366 days, else misuse.
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// How long it is from `passed` to the next multiple of `interval`; one that is less than
/// half an interval away counts as passed. Ticks that wait for this do not drift.
std::chrono::nanoseconds until_next_tick(std::chrono::nanoseconds passed,
                                         std::chrono::nanoseconds interval);

}  // namespace culprit
