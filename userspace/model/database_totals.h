// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/call_processes.h"
#include "model/call_sums.h"
#include "model/connection_table.h"
#include "model/pool_totals.h"
#include "model/snapshot.h"

namespace culprit {

/// Databases and caches of one interval, by protocol and address of the server.
class DatabaseTotals {
 public:
  /// Number of the database. The view must hold as long as this.
  std::uint32_t slot(Protocol protocol, std::string_view address);
  /// A process that may be its server.
  void note_server(std::uint32_t slot, std::uint32_t process);
  void note_call(ConnectionEntry& entry, const Call& call);
  /// Its state at the end of the interval.
  void note_connection(ConnectionEntry& entry, std::uint64_t now_ns, std::uint64_t tick);

  Protocol protocol(std::uint32_t slot) const { return databases_[slot].protocol; }
  std::string_view address(std::uint32_t slot) const { return databases_[slot].address; }
  std::vector<DatabaseRow> rows(const CallProcesses& processes, PoolTotals& pools);

 private:
  struct Database {
    Protocol protocol = Protocol::kUnknown;
    std::string_view address;
    std::vector<std::uint32_t> servers;
    CallSums calls;
    bool tells_transactions = false;
    TransactionSums transactions;
    std::uint64_t open_transactions = 0;
    std::optional<std::uint64_t> longest_open_ns, longest_idle_ns;
    std::uint64_t hits = 0, misses = 0;
  };
  static DatabaseRow row(const Database& database, const CallProcesses& processes);

  std::vector<Database> databases_;
  std::array<std::unordered_map<std::string_view, std::uint32_t>,
             static_cast<std::size_t>(Protocol::kTls) + 1>
      slots_;  // by protocol, then address
};

}  // namespace culprit
