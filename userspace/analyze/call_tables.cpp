// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "analyze/index_advice.h"
#include "analyze/number_text.h"
#include "analyze/query_facts.h"
#include "analyze/row_table.h"
#include "analyze/targets.h"

namespace culprit {
namespace {

using rule_field::counter;
using rule_field::gauge;
using rule_field::ratio;
using rule_field::text;

using Q = QueryRow;
using R = RequestQueryRow;

std::vector<RuleField<Q>> query_rule_fields() {
  return {
      {gauge("error_ratio", Unit::kRatio, "share of its calls that failed"),
       [](const Q& row, const Situation&) { return ratio(row.errors, row.calls); }},
      {gauge("rows_per_call", Unit::kCount, "rows that a call returned or changed"),
       [](const Q& row, const Situation&) {
         return row.rows ? ratio(*row.rows, row.calls) : Value();
       }},
      {gauge("reply_bytes_per_call", Unit::kBytes, "bytes of one reply"),
       [](const Q& row, const Situation&) { return ratio(row.reply_bytes, row.calls); }},
      {gauge("time_share", Unit::kRatio, "share of the time of all calls of all queries"),
       [](const Q& row, const Situation& s) { return ratio(row.seconds, s.query_seconds()); }},
      {counter("slow_calls", Unit::kCount, "calls of 1 s and longer, at least so many"),
       [](const Q& row, const Situation&) { return Value(slow_calls(row)); }},
      {gauge("waits", Unit::kNone, "1: waiting is its purpose"),
       [](const Q& row, const Situation&) { return Value(std::uint64_t{row.waits}); }},
      {gauge("server.cpu_ratio", Unit::kRatio, "share of its server's time on a CPU"),
       [](const Q& row, const Situation&) {
         return row.server ? ratio(row.server->cpu_seconds, row.server->seconds) : Value();
       }},
      {gauge("server.work_ratio", Unit::kRatio,
             "share of its server's time on a CPU, or waiting for one"),
       [](const Q& row, const Situation&) {
         if (!row.server) return Value();
         return ratio(row.server->cpu_seconds + row.server->run_queue_seconds, row.server->seconds);
       }},
      {gauge("server.queued_ratio", Unit::kRatio, "share of its server's time waiting for a CPU"),
       [](const Q& row, const Situation&) {
         return row.server ? ratio(row.server->run_queue_seconds, row.server->seconds) : Value();
       }},
      {gauge("server.cpu_seconds_per_call", Unit::kLatency, "CPU time of its server for a call"),
       [](const Q& row, const Situation&) {
         if (!row.server) return Value();
         return ratio(row.server->cpu_seconds, static_cast<double>(row.server->calls));
       }},
      {gauge("server.held_ratio", Unit::kRatio,
             "share of its server's time neither on a CPU nor waiting for one or for a disk"),
       server_held_ratio},
      {gauge("transactions_open", Unit::kCount, "open transactions on its database"),
       transactions_open},
      {text("index_columns", "table and columns that it filters by"),
       [](const Q& row, const Situation&) { return index_text(row, false); }},
      {text("index_sql", "statement that makes an index on those"),
       [](const Q& row, const Situation&) { return index_text(row, true); }},
      {text("callers", "who asks, and how often"), query_callers},
      {text("short_text", "its text, cut to what a sentence holds"),
       [](const Q& row, const Situation&) { return Value(target_of(row).name); }},
      {text("frequent_error", "its most frequent error code"), frequent_error},
  };
}

std::vector<RuleField<R>> request_rule_fields() {
  return {
      {text("endpoint", "method and route"),
       [](const R& row, const Situation&) { return Value(target_of(*row.endpoint).name); }},
      {text("process.name", "process that answers"),
       [](const R& row, const Situation&) { return Value(row.endpoint->process.name); }},
      {text("query.text", "the query, cut to what a sentence holds"),
       [](const R& row, const Situation&) { return Value(target_of(*row.query).name); }},
      {text("query.system", "kind of database or cache"),
       [](const R& row, const Situation&) {
         return Value(std::string(protocol_name(row.query->protocol)));
       }},
      {text("query.operation", "its first word"),
       [](const R& row, const Situation&) {
         return row.query->operation ? Value(*row.query->operation) : Value();
       }},
      {gauge("query.waits", Unit::kNone, "1: waiting is its purpose"),
       [](const R& row, const Situation&) { return Value(std::uint64_t{row.query->waits}); }},
      {counter("requests", Unit::kCount, "requests of the endpoint"),
       [](const R& row, const Situation&) { return Value(row.endpoint->requests); }},
      {counter("calls", Unit::kCount, "calls of the query by those"),
       [](const R& row, const Situation&) { return Value(row.calls); }},
      {counter("seconds", Unit::kSeconds, "time those calls took"),
       [](const R& row, const Situation&) { return Value(row.seconds); }},
      {gauge("calls_per_request", Unit::kCount, "calls of the query by one request"),
       [](const R& row, const Situation&) { return ratio(row.calls, row.endpoint->requests); }},
      {gauge("call_seconds", Unit::kLatency, "how long one call took, on average"),
       [](const R& row, const Situation&) {
         return ratio(row.seconds, static_cast<double>(row.calls));
       }},
      {gauge("request_seconds", Unit::kLatency, "how long a request took, on average"),
       [](const R& row, const Situation&) {
         return row.endpoint->latency ? Value(row.endpoint->latency->mean_seconds) : Value();
       }},
      {gauge("time_share", Unit::kRatio, "share of the requests' time that the calls took"),
       request_time_share},
      {gauge("saved_seconds_per_request", Unit::kLatency, "what one call in place of all saves"),
       [](const R& row, const Situation&) {
         return ratio(saved_by_batching(row), static_cast<double>(row.endpoint->requests));
       }},
      {counter("saved_seconds", Unit::kSeconds, "the same, of all requests"),
       [](const R& row, const Situation&) { return Value(saved_by_batching(row)); }},
      {gauge("confidence", Unit::kRatio, "how sure it is that those requests made the calls"),
       [](const R& row, const Situation&) {
         return row.endpoint->calls_confidence ? Value(*row.endpoint->calls_confidence) : Value();
       }},
  };
}

std::vector<RuleField<EndpointRow>> endpoint_rule_fields() {
  using E = EndpointRow;
  return {
      {gauge("error_ratio", Unit::kRatio, "share of its requests that failed"),
       [](const E& row, const Situation&) { return ratio(row.errors, row.requests); }},
      {text("endpoint", "method and route"),
       [](const E& row, const Situation&) { return Value(target_of(row).name); }},
      {text("queries", "what its requests ask databases, longest first"), endpoint_queries},
  };
}

}  // namespace

const Table& query_table() {
  static const RowTable<Q> table(
      "query", [](const Situation& s) { return std::span<const Q>(s.snapshot().queries); },
      query_fields(), query_rule_fields(), {self_relation<Q>(), {"callers", caller_targets}});
  return table;
}

const Table& request_query_table() {
  static const RowTable<R> table(
      "request_query", [](const Situation& s) { return s.request_queries(); }, {},
      request_rule_fields(),
      {{"query", [](const R& row, const Situation&) { return std::vector{target_of(*row.query)}; }},
       {"endpoint",
        [](const R& row, const Situation&) { return std::vector{target_of(*row.endpoint)}; }}});
  return table;
}

const Table& endpoint_table() {
  using E = EndpointRow;
  static const RowTable<E> table(
      "endpoint", [](const Situation& s) { return std::span<const E>(s.snapshot().endpoints); },
      endpoint_fields(), endpoint_rule_fields(),
      {self_relation<E>(), {"services", [](const E& row, const Situation& s) {
                              return targets_of(s.services_of(row.process.id));
                            }}});
  return table;
}

}  // namespace culprit
