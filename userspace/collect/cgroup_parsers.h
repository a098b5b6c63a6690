// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace culprit {

// Pure; formats of Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/.

/// Pages of files that were read again soon after they were pushed out, memory.stat; of all
/// below where version 1 tells.
std::optional<std::uint64_t> parse_file_refaults(std::string_view text);

/// cpu.stat of v1 and v2. Version 1 has no usage in it.
struct CgroupCpuStat {
  std::optional<std::uint64_t> usage_ns, periods, throttled_periods, throttled_ns;
};
CgroupCpuStat parse_cgroup_cpu_stat(std::string_view text);

/// cpu.max of v2, "max 100000" or "QUOTA PERIOD": CPUs; absent without a quota.
std::optional<double> parse_cpu_max(std::string_view text);

/// cpu.cfs_quota_us and cpu.cfs_period_us of v1: CPUs; absent without a quota (-1).
std::optional<double> parse_cfs_quota(std::string_view quota, std::string_view period);

/// A file of one number, such as memory.current.
std::optional<std::uint64_t> parse_count(std::string_view text);

/// A file of one limit: "max" and what v1 writes for "unlimited" are absent.
std::optional<std::uint64_t> parse_limit(std::string_view text);

}  // namespace culprit
