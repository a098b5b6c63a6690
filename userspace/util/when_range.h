// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "util/result.h"

namespace culprit {

struct WhenRange {
  std::int64_t since_ns = 0, until_ns = 0;  ///< wall clock
};

/// Reads a time as a person writes it, "FROM/TO": both as parse_when() reads them, or TO a time of
/// day, which is the next one after FROM ("yesterday 14:00/14:30"), or a length ("14:00/30m").
/// Anything else is misuse.
Result<WhenRange> parse_when_range(std::string_view text, std::int64_t now_ns);

}  // namespace culprit
