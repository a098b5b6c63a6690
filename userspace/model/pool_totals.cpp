// SPDX-License-Identifier: Apache-2.0
#include "model/pool_totals.h"

#include <algorithm>
#include <utility>

namespace culprit {
namespace {

/// The most that are open at once; an end counts before a start at the same time.
std::uint64_t peak(std::vector<std::uint64_t>& starts, std::vector<std::uint64_t>& ends) {
  std::sort(starts.begin(), starts.end());
  std::sort(ends.begin(), ends.end());
  std::size_t ended = 0, most = 0;
  for (std::size_t started = 0; started < starts.size(); started++) {
    while (ended < ends.size() && ends[ended] <= starts[started]) ended++;
    most = std::max(most, started + 1 - ended);
  }
  return most;
}

}  // namespace

std::uint32_t PoolTotals::slot(std::uint32_t process, std::uint32_t database) {
  const auto [place, is_new] = slots_.try_emplace(std::uint64_t{process} << 32 | database,
                                                  static_cast<std::uint32_t>(pools_.size()));
  if (is_new) {
    pools_.emplace_back();
    pools_.back().process = process;
    pools_.back().database = database;
  }
  return place->second;
}

void PoolTotals::note_busy(ConnectionEntry& entry, std::uint64_t from_ns, std::uint64_t to_ns) {
  from_ns = std::max({from_ns, start_ns_, entry.busy_until_ns});
  to_ns = std::min(to_ns, end_ns_);
  if (to_ns <= from_ns) return;
  entry.busy_until_ns = to_ns;
  Pool& pool = pools_[entry.slots.pool];
  pool.busy_ns += to_ns - from_ns;
  pool.starts.push_back(from_ns);
  pool.ends.push_back(to_ns);
}

void PoolTotals::note_connection(ConnectionEntry& entry, std::uint64_t tick) {
  Pool& pool = pools_[entry.slots.pool];
  pool.opened += std::exchange(entry.opening_for_pool, false);
  pool.closed += entry.ended_in == tick;
  if (!entry.open()) return;
  pool.open++;
  pool.in_transaction += entry.transaction.open();
  if (entry.reading.busy_since_ns) note_busy(entry, *entry.reading.busy_since_ns, end_ns_);
}

PoolRow PoolTotals::row(Pool& pool, const CallProcesses& processes) const {
  PoolRow row;
  row.process = processes.name(pool.process);
  row.open = pool.open;
  row.opened = pool.opened;
  row.closed = pool.closed;
  row.in_transaction = pool.in_transaction;
  if (end_ns_ > start_ns_)
    row.busy_mean = static_cast<double>(pool.busy_ns) / static_cast<double>(end_ns_ - start_ns_);
  row.busy_peak = peak(pool.starts, pool.ends);
  return row;
}

std::unordered_map<std::uint32_t, std::vector<PoolRow>> PoolTotals::rows(
    const CallProcesses& processes) {
  std::unordered_map<std::uint32_t, std::vector<PoolRow>> rows;
  for (Pool& pool : pools_) rows[pool.database].push_back(row(pool, processes));
  for (auto& [database, list] : rows)
    std::sort(list.begin(), list.end(), [](const PoolRow& a, const PoolRow& b) {
      return a.open != b.open ? a.open > b.open : a.process.id < b.process.id;
    });
  return rows;
}

}  // namespace culprit
