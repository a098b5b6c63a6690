// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "model/call_processes.h"
#include "model/connection_table.h"
#include "model/snapshot.h"

namespace culprit {

/// Pools of one interval: the connections of a process to a database address.
class PoolTotals {
 public:
  PoolTotals(std::uint64_t start_ns, std::uint64_t end_ns) : start_ns_(start_ns), end_ns_(end_ns) {}

  /// Number of the pool.
  std::uint32_t slot(std::uint32_t process, std::uint32_t database);
  /// The connection was in use; what was counted already is left out.
  void note_busy(ConnectionEntry& entry, std::uint64_t from_ns, std::uint64_t to_ns);
  /// Its state at the end of the interval.
  void note_connection(ConnectionEntry& entry, std::uint64_t tick);

  /// By database; most connections first.
  std::unordered_map<std::uint32_t, std::vector<PoolRow>> rows(const CallProcesses& processes);

 private:
  struct Pool {
    std::uint32_t process = 0, database = 0;
    std::uint64_t open = 0, opened = 0, closed = 0, in_transaction = 0, busy_ns = 0;
    std::vector<std::uint64_t> starts, ends;  // of the times in which a connection was busy
  };
  PoolRow row(Pool& pool, const CallProcesses& processes) const;

  std::uint64_t start_ns_, end_ns_;
  std::vector<Pool> pools_;
  std::unordered_map<std::uint64_t, std::uint32_t> slots_;  // process and database → pool
};

}  // namespace culprit
