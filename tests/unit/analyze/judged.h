// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/judge.h"

namespace culprit {

/// An interval of 10 s of a host with 4 CPUs on which nothing is wrong: a web server that
/// answers, a database's server, a nightly job that has a CPU for itself.
inline Snapshot healthy_snapshot() {
  Snapshot snapshot;
  snapshot.host = {"web-1", "b00t", "6.1.0", "x86_64", 4, 16ull << 30, std::nullopt};
  snapshot.start_wall_ns = 1'700'000'000'000'000'000;
  snapshot.end_wall_ns = snapshot.start_wall_ns + 10'000'000'000;
  snapshot.seconds = 10;
  SystemRow& system = snapshot.system;
  system.cpu = CpuUse{0.45, 12, 5, 0.5, 0.5, 0, 22};
  system.run_queue_seconds = 0.4;
  system.run_queue_latency = Latency{5000, 0.0001, 0.00005, 0.0005, 0.002, 0.01};
  system.memory = MemoryReading{16ull << 30, 1ull << 30, 8ull << 30, 4ull << 30, 4096, 0, 0};
  system.memory_pressure = Pressure{0.001, 0.0};
  system.filesystems = {{"/", 100ull << 30, 0.5, {}}};
  system.disks = {
      {"nvme0n1", 1 << 20, 1 << 20, 0.3, Latency{100, 0.001, 0.001, 0.002, 0.003, 0.01}}};
  system.retransmits = 1;
  system.transmit_bytes = 100 << 20;
  system.segments_sent = 70000;
  for (std::uint32_t pid : {100u, 200u, 300u}) {
    ProcessRow row;
    row.id = {pid, pid * 1000ull};
    row.name = pid == 100 ? "web" : pid == 200 ? "postgres" : "backup";
    row.unit = row.name + ".service";
    row.cgroup = "/system.slice/" + *row.unit;
    row.usage.cpu_seconds = pid == 300 ? 9.5 : 3;
    row.usage.run_queue_seconds = 0.1;
    row.usage.blocked_seconds = Blocked{};
    row.memory = MemoryUse{500u << 20, 0, {}, 600u << 20, 0};
    row.open_files = 60;
    row.open_files_soft_limit = 1024;
    snapshot.processes.push_back(row);
  }
  snapshot.processes[0].requests =
      RequestTotals{1000, 1, Latency{1000, 0.02, 0.02, 0.05, 0.08, 0.2}};
  snapshot.processes[2].process_class = Class::kBackground;
  EndpointRow endpoint;
  endpoint.process = {snapshot.processes[0].id, "web"};
  endpoint.method = "GET";
  endpoint.route = "/orders/{id}";
  endpoint.requests = 1000;
  endpoint.errors = 1;
  endpoint.latency = Latency{1000, 0.02, 0.02, 0.05, 0.08, 0.2};
  endpoint.calls_per_request = 2;
  endpoint.calls_confidence = 1;
  endpoint.bytes_per_response = 4000;
  snapshot.endpoints = {endpoint};
  QueryRow query;
  query.id = 0xabc;
  query.protocol = Protocol::kPostgresql;
  query.address = "127.0.0.1:5432";
  query.operation = "SELECT";
  query.text = "SELECT * FROM orders WHERE user_id = ? ORDER BY created_at DESC LIMIT ?";
  query.calls = 2000;
  query.rows = 20000;
  query.reply_bytes = 2000 * 900;
  query.seconds = 2;
  query.latency = Latency{2000, 0.001, 0.001, 0.002, 0.004, 0.02};
  query.callers = {{endpoint.process, {}, "GET /orders/{id}", 2000, 2}};
  snapshot.queries = {query};
  DatabaseRow database;
  database.protocol = Protocol::kPostgresql;
  database.address = query.address;
  database.server = ProcessName{snapshot.processes[1].id, "postgres"};
  database.operations = 2000;
  database.transactions = TransactionTotals{2000, 2000, 2, 0.02, 0, 1, 0.01, 0.005};
  database.pools = {{endpoint.process, 10, 2, 6, 0, 0, 1}};
  snapshot.databases = {database};
  ServiceRow service;
  service.address = "10.0.0.9:6379";
  service.protocol = "redis";
  service.requests = 500;
  service.users = {endpoint.process};
  snapshot.services = {service};
  return snapshot;
}

inline std::shared_ptr<const RuleSet> shipped_rules() {
  return std::make_shared<const RuleSet>(RuleSet::shipped());
}

/// What the shipped rules say after `seconds` of such intervals.
inline Judgement judged(Snapshot snapshot, double seconds = 10) {
  Judge judge(shipped_rules());
  for (double passed = 0; passed < seconds; passed += snapshot.seconds) {
    judge.judge(snapshot);
    const std::int64_t length = snapshot.end_wall_ns - snapshot.start_wall_ns;
    snapshot.start_wall_ns = snapshot.end_wall_ns;
    snapshot.end_wall_ns += length;
  }
  return *snapshot.judgement;
}

inline std::vector<std::string> ids_of(const Judgement& judgement) {
  std::vector<std::string> ids;
  for (const Finding& finding : judgement.findings) ids.push_back(finding.id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

inline const Finding* find(const Judgement& judgement, std::string_view id) {
  for (const Finding& finding : judgement.findings)
    if (finding.id == id) return &finding;
  return nullptr;
}

inline const Recommendation* advice(const Judgement& judgement, std::string_view id) {
  for (const Recommendation& recommendation : judgement.recommendations)
    if (recommendation.finding == id) return &recommendation;
  return nullptr;
}

}  // namespace culprit
