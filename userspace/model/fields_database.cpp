// SPDX-License-Identifier: Apache-2.0
#include "model/field.h"
#include "model/field_value.h"
#include "model/latency_fields.h"

namespace culprit {
namespace {

using D = DatabaseRow;
using T = TransactionTotals;

/// A member of the pools, summed; absent where no process has any.
template <auto member>
Value pools(const D& row, double) {
  if (row.pools.empty()) return {};
  auto sum = row.pools[0].*member;
  for (std::size_t index = 1; index < row.pools.size(); ++index) sum += row.pools[index].*member;
  return Value(sum);
}

template <auto member>
Value transactions(const D& row, double) {
  return row.transactions ? Value((*row.transactions).*member) : Value();
}

Value hit_ratio(const D& row, double) {
  if (!row.cache || row.cache->hits + row.cache->misses == 0) return {};
  return Value(static_cast<double>(row.cache->hits) /
               static_cast<double>(row.cache->hits + row.cache->misses));
}

constexpr Field<D> count(std::string_view id, std::string_view title, std::string_view help,
                         Value (*get)(const D&, double), FieldKind kind = FieldKind::kCounter) {
  return {id, title, Unit::kCount, kind, 6, help, get};
}

constexpr Field<D> kDatabaseFields[] = {
    {"system", "SYS", Unit::kNone, FieldKind::kLabel, 10, "kind of database or cache",
     [](const D& row, double) { return Value(std::string(protocol_name(row.protocol))); }},
    {"server.pid", "SPID", Unit::kNone, FieldKind::kLabel, 7, "its process, on this host",
     [](const D& row, double) {
       return row.server ? Value(std::uint64_t{row.server->id.pid}) : Value();
     }},
    {"server.name", "SERVER", Unit::kNone, FieldKind::kLabel, 15, "short name of that process",
     [](const D& row, double) { return row.server ? Value(row.server->name) : Value(); }},
    count("operations", "OPS/s", "calls that were answered",
          [](const D& row, double) { return Value(row.operations); }),
    count("errors", "ERR/s", "of those, failed",
          [](const D& row, double) { return Value(row.errors); }),
    {"seconds", "TIME%", Unit::kSeconds, FieldKind::kCounter, 6,
     "time those took, summed; over 100 % several ran at once",
     [](const D& row, double) { return Value(row.seconds); }},
    latency_field::mean<D>,
    latency_field::p50<D>,
    latency_field::p95<D>,
    latency_field::p99<D>,
    latency_field::max<D>,
    count("open", "CONNS", "connections of this host's processes to it", pools<&PoolRow::open>,
          FieldKind::kGauge),
    {"busy_mean", "BUSY", Unit::kCount, FieldKind::kGauge, 5,
     "of those, how many a call was using, on average", pools<&PoolRow::busy_mean>},
    {"busy_peak", "PEAK", Unit::kCount, FieldKind::kGauge, 5,
     "of those, how many a call was using at most, summed over processes",
     pools<&PoolRow::busy_peak>},
    count("opened", "OPEN/s", "connections opened", pools<&PoolRow::opened>),
    count("closed", "CLOSE/s", "connections closed", pools<&PoolRow::closed>),
    count("cache.hits", "HIT/s", "keys that were found",
          [](const D& row, double) { return row.cache ? Value(row.cache->hits) : Value(); }),
    count("cache.misses", "MISS/s", "keys that were not found",
          [](const D& row, double) { return row.cache ? Value(row.cache->misses) : Value(); }),
    {"cache.hit_ratio", "HIT%", Unit::kRatio, FieldKind::kGauge, 6, "share of keys that were found",
     hit_ratio},
    count("transactions.count", "TX/s", "transactions that ended", transactions<&T::count>),
    count("transactions.statements", "TXST/s", "statements within those",
          transactions<&T::statements>),
    {"transactions.seconds", "TX%", Unit::kSeconds, FieldKind::kCounter, 6,
     "how long those were open, summed", transactions<&T::seconds>},
    {"transactions.idle_seconds", "TXIDL%", Unit::kSeconds, FieldKind::kCounter, 6,
     "of that, time in which they waited for their process", transactions<&T::idle_seconds>},
    {"transactions.longest_seconds", "TXMAX", Unit::kLatency, FieldKind::kGauge, 7,
     "how long the longest of those was open", transactions<&T::longest_seconds>},
    count("transactions.open", "TXOPEN", "transactions still open", transactions<&T::open>,
          FieldKind::kGauge),
    {"transactions.longest_open_seconds", "TXAGE", Unit::kLatency, FieldKind::kGauge, 7,
     "how long the oldest open one has been",
     [](const D& row, double) {
       return row.transactions ? value_of(row.transactions->longest_open_seconds) : Value();
     }},
    {"transactions.longest_idle_seconds", "TXIDLE", Unit::kLatency, FieldKind::kGauge, 7,
     "how long an open one has been waiting for its process, at most",
     [](const D& row, double) {
       return row.transactions ? value_of(row.transactions->longest_idle_seconds) : Value();
     }},
    {"address", "ADDRESS", Unit::kNone, FieldKind::kLabel, 21, "where it listens",
     [](const D& row, double) { return Value(row.address); }},
};

}  // namespace

std::span<const Field<DatabaseRow>> database_fields() {
  return kDatabaseFields;
}

}  // namespace culprit
