// SPDX-License-Identifier: Apache-2.0
#include "serve/field_tree.h"
#include "serve/json_parts.h"

namespace culprit::json_parts {
namespace {

void counts(JsonWriter& out, const std::map<std::string, std::uint64_t>& counts) {
  out.begin_object();
  for (const auto& [name, count] : counts) out.member(name, count);
  out.end_object();
}

void parts(JsonWriter& out, const std::optional<CallParts>& parts) {
  if (!parts) return out.value(nullptr);
  out.begin_object();
  out.member("server_seconds", parts->server_seconds);
  out.member("pickup_seconds", parts->pickup_seconds);
  out.member("stream_seconds", parts->stream_seconds);
  out.end_object();
}

void server_view(JsonWriter& out, const std::optional<ServerView>& server) {
  if (!server) return out.value(nullptr);
  out.begin_object();
  out.member("calls", server->calls);
  out.member("seconds", server->seconds);
  out.member("cpu_seconds", server->cpu_seconds);
  out.member("run_queue_seconds", server->run_queue_seconds);
  out.member("disk_seconds", server->disk_seconds);
  out.member("unread_seconds", server->unread_seconds);
  out.end_object();
}

void callers(JsonWriter& out, const std::vector<CallerRow>& callers) {
  out.begin_array();
  for (const CallerRow& caller : callers) {
    out.begin_object();
    out.key("process");
    process_name(out, caller.process);
    out.member("task", caller.task);
    out.member("endpoint", caller.endpoint);
    out.member("calls", caller.calls);
    out.member("seconds", caller.seconds);
    out.end_object();
  }
  out.end_array();
}

void pools(JsonWriter& out, const std::vector<PoolRow>& pools) {
  out.begin_array();
  for (const PoolRow& pool : pools) {
    out.begin_object();
    pool_members(out, pool);
    out.end_object();
  }
  out.end_array();
}

void transactions(JsonWriter& out, const std::optional<TransactionTotals>& totals) {
  if (!totals) return out.value(nullptr);
  out.begin_object();
  out.member("count", totals->count);
  out.member("statements", totals->statements);
  out.member("seconds", totals->seconds);
  out.member("longest_seconds", totals->longest_seconds);
  out.member("idle_seconds", totals->idle_seconds);
  out.member("open", totals->open);
  out.member("longest_open_seconds", totals->longest_open_seconds);
  out.member("longest_idle_seconds", totals->longest_idle_seconds);
  out.end_object();
}

void cache(JsonWriter& out, const std::optional<CacheTotals>& totals) {
  if (!totals) return out.value(nullptr);
  const std::uint64_t keys = totals->hits + totals->misses;
  out.begin_object();
  out.member("hits", totals->hits);
  out.member("misses", totals->misses);
  out.key("hit_ratio");
  if (keys > 0)
    out.value(static_cast<double>(totals->hits) / static_cast<double>(keys));
  else
    out.value(nullptr);
  out.end_object();
}

constexpr auto kNothing = [](std::string_view) {};

}  // namespace

void process_name(JsonWriter& out, const ProcessName& process) {
  out.begin_object();
  out.member("pid", process.id.pid);
  out.member("name", process.name);
  out.member("start_time_ns", process.id.start_time_ns);
  out.end_object();
}

void pool_members(JsonWriter& out, const PoolRow& pool) {
  out.key("process");
  process_name(out, pool.process);
  out.member("open", pool.open);
  out.member("busy_mean", pool.busy_mean);
  out.member("busy_peak", pool.busy_peak);
  out.member("opened", pool.opened);
  out.member("closed", pool.closed);
  out.member("in_transaction", pool.in_transaction);
}

void database(JsonWriter& out, const DatabaseRow& row, double seconds) {
  static const auto fields =
      fields_without(database_fields(), {"server", "latency", "cache", "transactions"});
  static const FieldTree<DatabaseRow> tree(fields);
  out.begin_object();
  tree.write(out, row, seconds, kNothing);
  out.key("latency");
  latency(out, row.latency);
  out.key("server");
  if (row.server)
    process_name(out, *row.server);
  else
    out.value(nullptr);
  out.key("pools");
  pools(out, row.pools);
  out.key("cache");
  cache(out, row.cache);
  out.key("transactions");
  transactions(out, row.transactions);
  out.end_object();
}

void query(JsonWriter& out, const QueryRow& row, double seconds) {
  static const auto fields = fields_without(query_fields(), {"latency", "parts", "server"});
  static const FieldTree<QueryRow> tree(fields);
  out.begin_object();
  tree.write(out, row, seconds, kNothing);
  out.member("text_truncated", row.text_truncated);
  out.key("errors_by_code");
  counts(out, row.errors_by_code);
  out.member("waits", row.waits);
  out.key("latency");
  latency(out, row.latency);
  out.key("parts");
  parts(out, row.parts);
  out.key("server");
  server_view(out, row.server);
  out.key("callers");
  callers(out, row.callers);
  out.end_object();
}

void endpoint(JsonWriter& out, const EndpointRow& row, double seconds) {
  static const auto fields = fields_without(endpoint_fields(), {"latency"});
  static const FieldTree<EndpointRow> tree(fields);
  out.begin_object();
  tree.write(out, row, seconds, kNothing);
  out.key("status");
  counts(out, row.status);
  out.key("latency");
  latency(out, row.latency);
  out.end_object();
}

void service(JsonWriter& out, const ServiceRow& row, double seconds) {
  static const auto fields =
      fields_without(service_fields(), {"latency", "connect_latency", "healthy"});
  static const FieldTree<ServiceRow> tree(fields);
  out.begin_object();
  tree.write(out, row, seconds, kNothing);
  out.key("latency");
  latency(out, row.latency);
  out.key("connect_latency");
  latency(out, row.connect_latency);
  out.member("healthy", row.healthy);
  out.key("users");
  out.begin_array();
  for (const ProcessName& user : row.users) process_name(out, user);
  out.end_array();
  out.end_object();
}

}  // namespace culprit::json_parts
