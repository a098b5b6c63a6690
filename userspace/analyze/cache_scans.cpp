// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <string_view>

#include "analyze/limit_rows.h"
#include "analyze/situation.h"

namespace culprit {
namespace {

constexpr double kReadShare = 0.1;   // of memory, in a minute
constexpr double kRefaultRate = 50;  // pages a second, of the host
constexpr double kFelt = 0.01;       // of the interval, waiting for a disk

double disk_wait(const ProcessRow& row) {
  return row.usage.blocked_seconds ? (*row.usage.blocked_seconds)[BLOCKED_DISK] : 0;
}

bool is_below(std::string_view path, std::string_view above) {
  if (above == "/") return true;
  return path.starts_with(above) && (path.size() == above.size() || path[above.size()] == '/');
}

/// The innermost cgroup with a limit that both are in, else the host.
double shared_memory(const Snapshot& snapshot, const ProcessRow& a, const ProcessRow& b) {
  double bytes =
      snapshot.system.memory ? static_cast<double>(snapshot.system.memory->total_bytes) : 0;
  if (!a.cgroup || !b.cgroup) return bytes;
  for (const UnitRow& unit : snapshot.units)
    if (unit.memory_limit_bytes && is_below(*a.cgroup, unit.path) && is_below(*b.cgroup, unit.path))
      bytes = std::min(bytes, static_cast<double>(*unit.memory_limit_bytes));
  return bytes;
}

/// Answering processes that wait for disks, longest first. Those in whose unit nothing was read
/// again do not count, where that is known.
std::vector<const ProcessRow*> find_victims(const Situation& situation) {
  std::vector<const ProcessRow*> victims;
  for (const ProcessRow& row : situation.snapshot().processes) {
    if (!situation.answers(row) || disk_wait(row) < kFelt * situation.seconds()) continue;
    const UnitRow* unit = situation.unit(row);
    if (unit && unit->file_refaults == 0u) continue;
    victims.push_back(&row);
  }
  std::stable_sort(victims.begin(), victims.end(),
                   [](const auto* a, const auto* b) { return disk_wait(*a) > disk_wait(*b); });
  return victims;
}

}  // namespace

std::vector<CacheScanRow> find_cache_scans(const Situation& situation) {
  const Snapshot& snapshot = situation.snapshot();
  const auto refaults = static_cast<double>(snapshot.system.paging.file_refaults.value_or(0));
  if (situation.seconds() <= 0 || refaults / situation.seconds() < kRefaultRate) return {};
  const std::vector<const ProcessRow*> victims = find_victims(situation);
  std::vector<CacheScanRow> rows;
  if (victims.empty()) return rows;
  for (const ProcessRow& row : snapshot.processes) {
    if (row.recent_read_bytes == 0 || situation.answers(row)) continue;
    CacheScanRow scan;
    scan.scanner = &row;
    scan.read_bytes = static_cast<double>(row.recent_read_bytes);
    scan.memory_bytes = shared_memory(snapshot, row, *victims[0]);
    if (scan.memory_bytes <= 0 || scan.read_bytes < kReadShare * scan.memory_bytes) continue;
    scan.victims = victims;
    scan.wait_ratio = disk_wait(*victims[0]) / situation.seconds();
    const UnitRow* unit = situation.unit(*victims[0]);
    scan.refaults =
        unit && unit->file_refaults ? static_cast<double>(*unit->file_refaults) : refaults;
    rows.push_back(std::move(scan));
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.read_bytes > b.read_bytes; });
  return rows;
}

}  // namespace culprit
