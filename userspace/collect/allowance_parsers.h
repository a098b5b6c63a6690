// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collect/limit_reading.h"

namespace culprit {

// Pure: what drivers of a cloud's devices give -> counters of what they were held back by.

/// Of an interface's statistics (ethtool -S), names of 32 bytes and a number each, those that
/// Amazon's driver ena calls *_allowance_exceeded: packets that were delayed or dropped.
std::vector<AllowanceReading> interface_allowances(const std::string& interface,
                                                   std::string_view names,
                                                   std::span<const std::uint64_t> values);

/// Bytes of the log page of EBS volumes that are read.
constexpr std::size_t kEbsLogBytes = 4096;
constexpr std::uint8_t kEbsLogPage = 0xd0;

/// Of that log page, the microseconds in which a volume or its instance was over its IOPS or
/// throughput. None when it is not such a page.
std::vector<AllowanceReading> volume_allowances(const std::string& disk, std::string_view page);

}  // namespace culprit
