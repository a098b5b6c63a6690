// SPDX-License-Identifier: Apache-2.0
#include "collect/cgroup_parsers.h"

#include "collect/text_scan.h"

namespace culprit {

namespace {

/// Version 1 keeps limits in pages: its "unlimited" is the greatest number of pages that
/// fits a signed 64-bit count of bytes, which no real limit comes near.
constexpr std::uint64_t kUnlimited = std::uint64_t{1} << 60;

std::optional<double> cores(std::optional<std::int64_t> quota_us,
                            std::optional<std::int64_t> period_us) {
  if (!quota_us || !period_us || *quota_us <= 0 || *period_us <= 0) return std::nullopt;
  return static_cast<double>(*quota_us) / static_cast<double>(*period_us);
}

}  // namespace

CgroupCpuStat parse_cgroup_cpu_stat(std::string_view text) {
  CgroupCpuStat stat;
  std::string_view line;
  while (next_line(text, line)) {
    const std::string_view key = next_word(line);
    if (key == "usage_usec")
      stat.usage_ns = scaled(next_number<std::uint64_t>(line), 1000);
    else if (key == "nr_periods")
      stat.periods = next_number<std::uint64_t>(line);
    else if (key == "nr_throttled")
      stat.throttled_periods = next_number<std::uint64_t>(line);
    else if (key == "throttled_usec")
      stat.throttled_ns = scaled(next_number<std::uint64_t>(line), 1000);
    else if (key == "throttled_time")
      stat.throttled_ns = next_number<std::uint64_t>(line);
  }
  return stat;
}

std::optional<double> parse_cpu_max(std::string_view text) {
  std::string_view words = trimmed(text);
  const auto quota = next_number<std::int64_t>(words);
  const auto period = next_number<std::int64_t>(words);
  if (!words.empty()) return std::nullopt;
  return cores(quota, period);
}

std::optional<double> parse_cfs_quota(std::string_view quota, std::string_view period) {
  return cores(to_number<std::int64_t>(trimmed(quota)), to_number<std::int64_t>(trimmed(period)));
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
  return to_number<std::uint64_t>(trimmed(text));
}

std::optional<std::uint64_t> parse_limit(std::string_view text) {
  const auto limit = parse_count(text);
  if (!limit || *limit >= kUnlimited) return std::nullopt;
  return limit;
}

std::optional<std::uint64_t> parse_file_refaults(std::string_view text) {
  std::optional<std::uint64_t> refaults;
  std::string_view line;
  while (next_line(text, line)) {
    const std::string_view key = next_word(line);
    if (key == "total_workingset_refault_file") return next_number<std::uint64_t>(line);
    if (key == "workingset_refault_file" || key == "workingset_refault")
      refaults = next_number<std::uint64_t>(line);
  }
  return refaults;
}

}  // namespace culprit
