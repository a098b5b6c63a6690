// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "util/result.h"

namespace culprit {

/// Reads a moment as a person writes it, as nanoseconds since 1970: RFC 3339 with a zone, or in the
/// zone of this process `2026-11-25 14:05`, `14:05` (the last time that it was), `yesterday 14:05`;
/// or a duration before `now_ns`, `2h` or `2h ago`; or `now`. Anything else is misuse.
Result<std::int64_t> parse_when(std::string_view text, std::int64_t now_ns);

/// The same in the zone of this process, for people: 2026-11-25 14:05:09.
std::string local_time(std::int64_t wall_ns);
/// Its offset and name: "+0100 CET".
std::string local_zone(std::int64_t wall_ns);

}  // namespace culprit
