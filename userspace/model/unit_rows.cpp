// SPDX-License-Identifier: Apache-2.0
#include "model/unit_rows.h"

#include <algorithm>

#include "model/counter.h"
#include "model/unit_name.h"
#include "model/usage.h"

namespace culprit {
namespace {

/// The path of the cgroup above, "" above the root.
std::string parent_of(const std::string& path) {
  if (path == "/") return "";
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

void take_reading(UnitRow& row, const CgroupReading* before, const CgroupReading& after) {
  row.memory_bytes = after.memory_bytes;
  row.memory_limit_bytes = after.memory_limit_bytes;
  row.pids = after.pids;
  row.pids_limit = after.pids_limit;
  row.cpu_quota_cores = after.cpu_quota_cores;
  if (!before) return;
  row.file_refaults = increase(before->file_refaults, after.file_refaults);
  const auto periods = increase(before->periods, after.periods);
  const auto throttled = increase(before->throttled_periods, after.throttled_periods);
  if (periods && throttled && *periods > 0)
    row.throttled_ratio = static_cast<double>(*throttled) / static_cast<double>(*periods);
  if (const auto ns = increase(before->throttled_ns, after.throttled_ns))
    row.throttled_seconds = static_cast<double>(*ns) * kSecondsPerNanosecond;
}

}  // namespace

std::vector<UnitRow> make_unit_rows(const std::vector<ProcessRow>& processes,
                                    const CgroupReadings& before, const CgroupReadings& after,
                                    const Names& names) {
  std::map<std::string, UnitRow> units;
  for (const ProcessRow& process : processes) {
    if (!process.cgroup || process.kernel_thread) continue;
    for (std::string path = *process.cgroup; !path.empty(); path = parent_of(path)) {
      UnitRow& row = units[path];
      add(row.usage, process.usage);
      if (!process.exited) row.process_count++;
    }
  }
  std::vector<UnitRow> rows;
  rows.reserve(units.size());
  for (auto& [path, row] : units) {
    row.path = path;
    row.depth =
        path == "/" ? 0 : static_cast<std::uint32_t>(std::count(path.begin(), path.end(), '/'));
    const UnitName name = unit_name(path);
    row.name = name.unit;
    if (name.container_id) row.container = names.container(*name.container_id);
    const auto reading = after.find(path);
    const auto earlier = before.find(path);
    if (reading != after.end())
      take_reading(row, earlier == before.end() ? nullptr : &earlier->second, reading->second);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace culprit
