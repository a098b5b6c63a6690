// SPDX-License-Identifier: Apache-2.0
#include "synthetic_calls.h"

namespace culprit::synthetic {

namespace {

std::vector<QueryRow> queries(const ProcessName& client) {
  QueryRow orders = query(0xabc, Protocol::kPostgresql,
                          "SELECT id, total, created_at FROM orders WHERE customer_id = ? AND "
                          "state IN (?) ORDER BY created_at DESC LIMIT ?",
                          1.2);
  orders.address = "10.0.0.5:5432";
  orders.database = "shop";
  orders.errors = 2;
  orders.errors_by_code = {{"57014", 2}};
  orders.rows = 1'200;
  orders.parts = CallParts{0.78, 0.36, 0.06};
  orders.server = ServerView{100, 0.78, 0.2, 0.3354, 0.1};
  orders.callers = {{client, "gunicorn", "GET /users/{id}/orders", 75, 0.9},
                    {client, "reaper", std::nullopt, 25, 0.3}};
  QueryRow unseen = query(0, Protocol::kPostgresql, "SELECT", 0.5);
  unseen.text.reset();
  unseen.address = orders.address;
  unseen.callers = {{client, std::nullopt, "GET /", 100, 0.5}};
  QueryRow key = query(0xdef, Protocol::kRedis, "GET session:?", 0.2);
  key.address = "10.0.0.6:6379";
  key.calls = 50;
  key.callers = {{client, std::nullopt, "GET /users/{id}/orders", 50, 0.2}};
  return {orders, unseen, key};
}

std::vector<EndpointRow> endpoints(const ProcessName& client) {
  EndpointRow list = endpoint(client, "/users/{id}/orders");
  list.requests = 40;
  list.errors = 1;
  list.status = {{"2xx", 39}, {"5xx", 1}};
  list.latency = latency(0.05);
  list.calls_per_request = 3.1;
  list.calls_confidence = 0.98;
  list.bytes_per_response = 5'300;
  EndpointRow home = endpoint(client, "/");
  home.requests = 10;
  home.status = {{"2xx", 10}};
  home.latency = latency(0.004);
  return {list, home};
}

std::vector<DatabaseRow> databases(const ProcessName& client, const ProcessName& server) {
  DatabaseRow postgres;
  postgres.protocol = Protocol::kPostgresql;
  postgres.address = "10.0.0.5:5432";
  postgres.server = server;
  postgres.operations = 200;
  postgres.errors = 2;
  postgres.seconds = 1.7;
  postgres.latency = latency(0.0085);
  postgres.transactions = TransactionTotals{20, 60, 1, 0.2, 0.25, 1, 3.5, 3.25};
  postgres.pools = {{client, 20, 1.7, 6, 2, 1, 1}};
  DatabaseRow redis;
  redis.protocol = Protocol::kRedis;
  redis.address = "10.0.0.6:6379";
  redis.operations = 50;
  redis.seconds = 0.2;
  redis.latency = latency(0.004);
  redis.cache = CacheTotals{45, 5};
  redis.pools = {{client, 4, 0.2, 2, 0, 0, 0}};
  return {postgres, redis};
}

std::vector<ServiceRow> services(const ProcessName& client) {
  ServiceRow mail = service("203.0.113.9:25", "tcp");
  mail.connects = 3;
  mail.connect_failures = 2;
  mail.connect_latency = latency(0.03);
  mail.silent_seconds = 2.5;
  mail.healthy = false;
  mail.users = {client};
  ServiceRow api = service("203.0.113.7:80", "http");
  api.requests = 12;
  api.latency = latency(0.1);
  api.users = {client};
  return {api, mail};
}

}  // namespace

Snapshot snapshot_with_calls() {
  Snapshot now = snapshot();
  now.collector.probes = {call_probe(ProbeState::kAttached, "")};
  ProcessRow& web = now.processes[0];
  const ProcessName client = name_of(web), server = name_of(now.processes[1]);
  web.calls = CallTotals{250, 2, 1.9};
  web.requests = RequestTotals{50, 1, latency(0.04)};
  now.queries = queries(client);
  now.endpoints = endpoints(client);
  now.databases = databases(client, server);
  now.services = services(client);
  return now;
}

}  // namespace culprit::synthetic
