// SPDX-License-Identifier: Apache-2.0
#include "model/database_totals.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "model/counter.h"

namespace culprit {
namespace {

/// The one that started first: of a server with many processes, the one that the others
/// come from. Those that are not known come last.
std::optional<ProcessName> server_of(const std::vector<std::uint32_t>& candidates,
                                     const CallProcesses& processes) {
  const ProcessName* best = nullptr;
  const auto rank = [](const ProcessName& process) {
    return std::tuple(process.name.empty(), process.id.start_time_ns, process.id.pid);
  };
  for (const std::uint32_t slot : candidates) {
    const ProcessName& process = processes.name(slot);
    if (!best || rank(process) < rank(*best)) best = &process;
  }
  return best ? std::optional(*best) : std::nullopt;
}

std::optional<double> optional_seconds(std::optional<std::uint64_t> ns) {
  return ns ? std::optional(seconds_of(*ns)) : std::nullopt;
}

void raise(std::optional<std::uint64_t>& most, std::uint64_t value) {
  most = std::max(most.value_or(0), value);
}

}  // namespace

std::uint32_t DatabaseTotals::slot(Protocol protocol, std::string_view address) {
  const auto [place, is_new] = slots_[static_cast<std::size_t>(protocol)].try_emplace(
      address, static_cast<std::uint32_t>(databases_.size()));
  if (is_new) {
    databases_.emplace_back();
    databases_.back().protocol = protocol;
    databases_.back().address = address;
  }
  return place->second;
}

void DatabaseTotals::note_server(std::uint32_t slot, std::uint32_t process) {
  auto& servers = databases_[slot].servers;
  if (servers.empty() || servers.back() != process) servers.push_back(process);
}

void DatabaseTotals::note_call(ConnectionEntry& entry, const Call& call) {
  Database& database = databases_[entry.slots.database];
  database.calls.note(call);
  database.hits += call.cache_hits;
  database.misses += call.cache_misses;
  entry.transaction.note(call, database.transactions);
}

void DatabaseTotals::note_connection(ConnectionEntry& entry, std::uint64_t now_ns,
                                     std::uint64_t tick) {
  Database& database = databases_[entry.slots.database];
  if (entry.ended_in == tick)
    entry.transaction.close(entry.reading.ended_ns, database.transactions);
  database.tells_transactions |= entry.transaction.tells();
  if (!entry.open() || !entry.transaction.open()) return;
  database.open_transactions++;
  raise(database.longest_open_ns, increase(entry.transaction.start_ns(), now_ns));
  if (!entry.reading.busy_since_ns)
    raise(database.longest_idle_ns, increase(entry.transaction.used_ns(), now_ns));
}

DatabaseRow DatabaseTotals::row(const Database& database, const CallProcesses& processes) {
  DatabaseRow row;
  row.protocol = database.protocol;
  row.address = database.address;
  row.server = server_of(database.servers, processes);
  row.operations = database.calls.count;
  row.errors = database.calls.errors;
  row.seconds = database.calls.seconds();
  row.latency = database.calls.latency.latency();
  if (database.tells_transactions) {
    const TransactionSums& sums = database.transactions;
    row.transactions = TransactionTotals{sums.count,
                                         sums.statements,
                                         seconds_of(sums.total_ns),
                                         seconds_of(sums.longest_ns),
                                         seconds_of(sums.idle_ns),
                                         database.open_transactions,
                                         optional_seconds(database.longest_open_ns),
                                         optional_seconds(database.longest_idle_ns)};
  }
  if (database.hits || database.misses) row.cache = CacheTotals{database.hits, database.misses};
  return row;
}

std::vector<DatabaseRow> DatabaseTotals::rows(const CallProcesses& processes, PoolTotals& pools) {
  auto pool_rows = pools.rows(processes);
  std::vector<DatabaseRow> rows;
  rows.reserve(databases_.size());
  for (std::uint32_t slot = 0; slot < databases_.size(); slot++) {
    rows.push_back(row(databases_[slot], processes));
    const auto found = pool_rows.find(slot);
    if (found != pool_rows.end()) rows.back().pools = std::move(found->second);
  }
  std::sort(rows.begin(), rows.end(), [](const DatabaseRow& a, const DatabaseRow& b) {
    if (a.seconds != b.seconds) return a.seconds > b.seconds;
    return std::tie(a.address, a.protocol) < std::tie(b.address, b.protocol);
  });
  return rows;
}

}  // namespace culprit
