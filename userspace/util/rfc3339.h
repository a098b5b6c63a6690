// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace culprit {

/// A time since 1970 in UTC to the millisecond: 2026-10-04T07:05:09.042Z.
std::string rfc3339(std::int64_t wall_ns);

}  // namespace culprit
