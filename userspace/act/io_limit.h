// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "act/cgroup_home.h"
#include "act/throttle_plan.h"

namespace culprit {

/// Of a cgroup of version 2 one line of io.max: place.file is this and the disk's number,
/// "io.max 8:0", its value that line.
inline constexpr std::string_view kIoMaxFile = "io.max ";

/// The line of a disk in io.max's text; that without limits when there is none.
std::string io_max_line(std::string_view text, std::string_view device);
/// The same line with at most so many bytes a second read and as many written: a limit that is
/// lower already stays, and so do those of operations.
std::string with_bytes_limit(std::string_view line, std::int64_t bytes_per_second);

/// Bytes a second of every disk of this host.
Result<ThrottlePlan> plan_io_max(const Home& home, const Setting& setting, const KnobHost& host);

/// "10M", "10M/s".
Result<Setting> parse_io_max(std::string_view text);

}  // namespace culprit
