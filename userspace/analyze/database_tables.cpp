// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "analyze/row_table.h"
#include "analyze/targets.h"

namespace culprit {
namespace {

using rule_field::counter;
using rule_field::gauge;
using rule_field::ratio;
using rule_field::text;

using D = DatabaseRow;
using U = PoolUseRow;
using S = ServiceRow;

/// Room above what was used at most, so that a burst does not wait.
constexpr double kPoolRoom = 1.25;

std::vector<Target> pool_processes(const D& row, const Situation&) {
  std::vector<Target> targets;
  for (const PoolRow& pool : row.pools) targets.push_back(target_of(pool.process));
  return targets;
}

std::vector<Target> transaction_holders(const D& row, const Situation&) {
  std::vector<Target> targets;
  for (const PoolRow& pool : row.pools)
    if (pool.in_transaction > 0) targets.push_back(target_of(pool.process));
  return targets;
}

std::vector<RuleField<D>> database_rule_fields() {
  return {
      {gauge("error_ratio", Unit::kRatio, "share of its calls that failed"),
       [](const D& row, const Situation&) { return ratio(row.errors, row.operations); }},
      {counter("cache.reads", Unit::kCount, "keys that were asked for"),
       [](const D& row, const Situation&) {
         return row.cache ? Value(row.cache->hits + row.cache->misses) : Value();
       }},
      {text("holders", "processes that are in a transaction on it"),
       [](const D& row, const Situation& s) {
         std::string list;
         for (const Target& target : transaction_holders(row, s))
           list += (list.empty() ? "" : ", ") + target_text(target);
         return list.empty() ? Value() : Value(list);
       }},
  };
}

std::vector<RuleField<U>> pool_rule_fields() {
  return {
      {text("system", "kind of database or cache"),
       [](const U& row, const Situation&) {
         return Value(std::string(protocol_name(row.database->protocol)));
       }},
      {text("address", "where that listens"),
       [](const U& row, const Situation&) { return Value(row.database->address); }},
      {text("process.name", "whose connections they are"),
       [](const U& row, const Situation&) { return Value(row.pool->process.name); }},
      {gauge("process.answers", Unit::kNone, "1: it answers requests"),
       [](const U& row, const Situation& s) {
         return Value(std::uint64_t{row.process && s.answers(*row.process)});
       }},
      {counter("process.requests", Unit::kCount, "requests that it answered"),
       [](const U& row, const Situation&) {
         return row.process && row.process->requests ? Value(row.process->requests->count)
                                                     : Value();
       }},
      {gauge("open", Unit::kCount, "connections"),
       [](const U& row, const Situation&) { return Value(row.pool->open); }},
      {gauge("busy_mean", Unit::kCount, "of those, in use on average"),
       [](const U& row, const Situation&) { return Value(row.pool->busy_mean); }},
      {gauge("busy_peak", Unit::kCount, "of those, in use at most"),
       [](const U& row, const Situation&) { return Value(row.pool->busy_peak); }},
      {gauge("busy_ratio", Unit::kRatio, "share of them in use on average"),
       [](const U& row, const Situation&) {
         return ratio(row.pool->busy_mean, static_cast<double>(row.pool->open));
       }},
      {gauge("peak_ratio", Unit::kRatio, "share of them in use at most"),
       [](const U& row, const Situation&) { return ratio(row.pool->busy_peak, row.pool->open); }},
      {counter("opened", Unit::kCount, "connections opened"),
       [](const U& row, const Situation&) { return Value(row.pool->opened); }},
      {gauge("in_transaction", Unit::kCount, "transactions open at the end"),
       [](const U& row, const Situation&) { return Value(row.pool->in_transaction); }},
      {gauge("enough", Unit::kCount, "connections that would do, by what was used at most"),
       [](const U& row, const Situation&) {
         return Value(std::ceil(static_cast<double>(row.pool->busy_peak) * kPoolRoom) + 1);
       }},
      {gauge("wanted", Unit::kCount, "connections that would leave one in four free"),
       [](const U& row, const Situation&) {
         const double by_use = std::ceil(row.pool->busy_mean / 0.75);
         return Value(std::max(by_use, static_cast<double>(row.pool->open) + 1));
       }},
  };
}

std::vector<RuleField<S>> service_rule_fields() {
  return {
      {gauge("error_ratio", Unit::kRatio, "share of requests to it that failed"),
       [](const S& row, const Situation&) { return ratio(row.errors, row.requests); }},
      {gauge("failure_ratio", Unit::kRatio, "share of connections that could not be made"),
       [](const S& row, const Situation&) {
         return ratio(row.connect_failures, row.connects + row.connect_failures);
       }},
      {gauge("connects_per_request", Unit::kCount, "connections made for each request"),
       [](const S& row, const Situation&) { return ratio(row.connects, row.requests); }},
      {gauge("attempts_per_retried_request", Unit::kCount,
             "how often one that failed was sent, of those that were sent three times and more"),
       [](const S& row, const Situation&) {
         return ratio(row.retry_attempts, row.retried_requests);
       }},
      {counter("handshake_seconds", Unit::kSeconds, "time that making the connections took"),
       [](const S& row, const Situation&) {
         if (!row.connect_latency) return Value();
         return Value(row.connect_latency->mean_seconds * static_cast<double>(row.connects));
       }},
  };
}

}  // namespace

const Table& database_table() {
  static const RowTable<D> table(
      "database", [](const Situation& s) { return std::span<const D>(s.snapshot().databases); },
      database_fields(), database_rule_fields(),
      {self_relation<D>(), {"clients", pool_processes}, {"in_transaction", transaction_holders}});
  return table;
}

const Table& pool_table() {
  static const RowTable<U> table(
      "pool", [](const Situation& s) { return s.pools(); }, {}, pool_rule_fields(),
      {{"process",
        [](const U& row, const Situation&) { return std::vector{target_of(row.pool->process)}; }},
       {"database",
        [](const U& row, const Situation&) { return std::vector{target_of(*row.database)}; }}});
  return table;
}

const Table& service_table() {
  static const RowTable<S> table(
      "service", [](const Situation& s) { return std::span<const S>(s.snapshot().services); },
      service_fields(), service_rule_fields(),
      {self_relation<S>(),
       {"users", [](const S& row, const Situation&) { return targets_of(row.users); }},
       {"retriers", [](const S& row, const Situation&) { return targets_of(row.retriers); }}});
  return table;
}

}  // namespace culprit
