// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/snapshot.h"

namespace culprit {

/// A usage with nothing absent.
inline Usage busy_usage(double seconds) {
  Usage usage;
  usage.cpu_seconds = seconds;
  usage.user_seconds = seconds * 0.75;
  usage.system_seconds = seconds * 0.25;
  usage.run_queue_seconds = seconds / 3;
  usage.blocked_seconds = Blocked{0.1, 0.2, 0.3, 0.4, seconds / 7};
  usage.reclaim_seconds = 0.001;
  usage.voluntary_switches = 1234;
  usage.involuntary_switches = 56;
  usage.migrations = 7;
  usage.minor_faults = 89;
  usage.major_faults = 1;
  usage.read_bytes = 1 << 20;
  usage.write_bytes = 4096;
  usage.receive_bytes = 65536;
  usage.transmit_bytes = 100;
  usage.connects = 3;
  usage.accepts = 4;
  usage.closes = 5;
  usage.retransmits = 1;
  return usage;
}

inline ProcessRow busy_process(std::uint32_t pid) {
  const double seconds = 0.5 / pid;
  ProcessRow row;
  row.id = {pid, 123'456'789'000u + pid};
  row.parent_pid = 1;
  row.name = "worker-" + std::to_string(pid);
  row.command = "/usr/bin/python3 -m worker --queue default --number " + std::to_string(pid);
  row.executable = "/usr/bin/python3.11";
  row.user = "www-data";
  row.unit = "worker@" + std::to_string(pid % 20) + ".service";
  row.cgroup = "/system.slice/worker.slice/" + *row.unit;
  row.process_class = Class::kBackground;
  row.class_confidence = 0.9;
  row.class_because = "rule workers";
  row.thread_count = 3;
  row.cpu_seconds_total = 1000.5 + pid;
  row.usage = busy_usage(seconds);
  row.memory = MemoryUse{50u << 20, -4096, 1e6, 60u << 20, 0};
  row.delayed_by = {{pid + 1, "noisy", 0.25}};
  row.open_files = 20;
  row.open_files_soft_limit = 1024;
  row.connections = 7;
  row.calls = CallTotals{40, 1, 0.5};
  row.requests = RequestTotals{20, 2, Latency{20, 0.01, 0.009, 0.03, 0.04, 0.05}};
  for (std::uint32_t thread = 0; thread < 2; ++thread)
    row.threads.push_back({pid + thread, row.name, THREAD_BLOCKED, BLOCKED_NETWORK, row.usage});
  return row;
}

inline QueryRow busy_query(std::uint32_t number) {
  QueryRow row;
  row.id = 0xabc'0000u + number;
  row.protocol = Protocol::kPostgresql;
  row.address = "10.0.0.5:5432";
  row.database = "shop";
  row.operation = "SELECT";
  row.text = "SELECT * FROM orders_" + std::to_string(number) + " WHERE id = ? AND state IN (?)";
  row.calls = 100;
  row.errors = 2;
  row.errors_by_code = {{"23505", 1}, {"40001", 1}};
  row.rows = 300;
  row.request_bytes = 4096;
  row.reply_bytes = 1 << 20;
  row.seconds = 1.0 / (number + 1);
  row.latency = Latency{100, 0.01, 0.008, 0.02, 0.03, 0.04};
  row.parts = CallParts{0.75, 0.125, 0.0625};
  row.server = ServerView{90, 0.5, 0.25, 0.0625, 0.03125};
  row.callers = {{{{1, 123'456'789'001u}, "worker-1"}, {}, "GET /orders/{id}", 60, 0.75},
                 {{{2, 123'456'789'002u}, "worker-2"}, "loader", {}, 40, 0.25}};
  return row;
}

inline EndpointRow busy_endpoint(std::uint32_t number) {
  EndpointRow row;
  row.process = {{1, 123'456'789'001u}, "worker-1"};
  row.method = "GET";
  row.route = "/orders/{id}/" + std::to_string(number);
  row.requests = 50;
  row.errors = 3;
  row.status = {{"2xx", 47}, {"5xx", 3}};
  row.latency = Latency{50, 0.1, 0.08, 0.2, 0.3, 0.4};
  row.calls_per_request = 2.5;
  row.calls_confidence = 0.75;
  row.bytes_per_response = 2048;
  return row;
}

inline DatabaseRow busy_database() {
  DatabaseRow row;
  row.protocol = Protocol::kPostgresql;
  row.address = "10.0.0.5:5432";
  row.server = ProcessName{{77, 5'000u}, "postgres"};
  row.operations = 100;
  row.errors = 2;
  row.seconds = 1.5;
  row.latency = Latency{100, 0.01, 0.008, 0.02, 0.03, 0.04};
  row.transactions = TransactionTotals{30, 90, 2.5, 0.5, 0.25, 2, 12.5, {}};
  row.cache = CacheTotals{3, 1};
  row.pools = {{{{1, 123'456'789'001u}, "worker-1"}, 10, 1.5, 4, 1, 2, 1},
               {{{2, 123'456'789'002u}, "worker-2"}, 5, 0.25, 1, 0, 0, 1}};
  return row;
}

inline ServiceRow busy_service() {
  ServiceRow row;
  row.address = "10.0.0.9:443";
  row.protocol = "tls";
  row.connects = 5;
  row.connect_failures = 1;
  row.requests = 40;
  row.errors = 1;
  row.latency = Latency{40, 0.01, 0.008, 0.02, 0.03, 0.04};
  row.connect_latency = Latency{5, 0.001, 0.001, 0.002, 0.002, 0.002};
  row.silent_seconds = 2.5;
  row.healthy = false;
  row.users = {{{1, 123'456'789'001u}, "worker-1"}};
  return row;
}

inline TaskRow busy_task(std::uint32_t number) {
  TaskRow row;
  row.id = "00000000000000a" + std::to_string(number % 10);
  row.name = "Worker.poll_" + std::to_string(number) + " (worker.py:31)";
  row.kind = TaskRowKind::kCoroutine;
  row.group = "workers";
  row.verdict = {Class::kBackground, 0.95, "runs every 2.0 s and answers no requests"};
  row.process = {{1, 123'456'789'001u}, "worker-1"};
  row.members = {row.process.id};
  row.source = CodeName{"Worker.poll", "/srv/app/worker.py", 31};
  row.cpu_seconds = 0.25 / (number + 1);
  row.cpu_share_error = 0.02;
  row.sampled = true;
  row.run_queue_seconds = 0.125;
  row.blocked_seconds = Blocked{0.1, 0.2, 0.3, 0.4, 0};
  row.memory_growth_bytes = -4096;
  row.calls = CallTotals{40, 1, 0.5};
  row.requests = 0;
  row.rhythm = {1, 2.0, 0.05, 0.25, 20.0, 2};
  return row;
}

/// A host on which everything is known, with `processes` processes.
inline Snapshot busy_snapshot(std::uint32_t processes) {
  Snapshot snapshot;
  snapshot.host = {"db-1", "b00t", "6.1.0", "x86_64", 8, 32ull << 30, std::nullopt};
  snapshot.host.cloud = HostIdentity::Cloud{"aws", "i-0123", "m6i.2xlarge"};
  snapshot.start_wall_ns = 1'700'000'000'000'000'000;
  snapshot.end_wall_ns = 1'700'000'001'000'000'000;
  snapshot.seconds = 1;
  snapshot.collector.bpf = true;
  snapshot.collector.probes = {
      {"sched", "tp_btf/sched_switch", ProbeState::kAttached, "", 1000, 0.001},
      {"block", "tp_btf/block_rq_complete", ProbeState::kUnavailable, "no BTF", {}, {}}};
  snapshot.collector.events_received = 12;
  snapshot.collector.events_lost = 2;
  snapshot.collector.lost_by_cause = {{"ring_full", 2}};
  snapshot.collector.kernel_seconds = 0.002;
  const Latency latency{100, 0.001, 0.0008, 0.004, 0.02, 0.03};
  SystemRow& system = snapshot.system;
  system.cpu = CpuUse{0.5, 2, 1, 0.5, 0.25, 0.125, 4};
  system.cpu_utilization = {0.5, 0.25};
  system.load_average = {1.5, 2, 3};
  system.run_queue_seconds = 0.75;
  system.run_queue_latency = latency;
  system.memory = MemoryReading{32ull << 30, 1 << 30, 16ull << 30, 8ull << 30, 4096, 2048, 1024};
  system.cpu_pressure = Pressure{0.1, {}};
  system.memory_pressure = Pressure{0.2, 0.05};
  system.io_pressure = Pressure{0.3, 0.15};
  system.disks = {{"nvme0n1", 1 << 20, 1 << 21, 0.25, latency}, {"nvme1n1", 0, 0, 0, {}}};
  system.filesystems = {{"/", 1ull << 40, 0.5, {}}};
  system.receive_bytes = 1000;
  system.transmit_bytes = 2000;
  system.retransmits = 3;
  system.listen_overflows = 0;
  system.process_count = processes;
  system.thread_count = processes * 3;
  system.processes_started = 4;
  system.processes_exited = 5;
  system.accounting = Accounting{4, 3, 0.75, 0.25};
  for (std::uint32_t pid = 1; pid <= processes; ++pid)
    snapshot.processes.push_back(busy_process(pid));
  UnitRow unit;
  unit.path = "/system.slice/worker@1.service";
  unit.name = "worker@1.service";
  unit.depth = 2;
  unit.process_count = 3;
  unit.usage = busy_usage(0.5);
  unit.memory_bytes = 1 << 30;
  snapshot.units = {unit};
  snapshot.databases = {busy_database()};
  for (std::uint32_t number = 0; number < 3; ++number) {
    snapshot.queries.push_back(busy_query(number));
    snapshot.endpoints.push_back(busy_endpoint(number));
    snapshot.tasks.push_back(busy_task(number));
  }
  snapshot.services = {busy_service()};
  return snapshot;
}

}  // namespace culprit
