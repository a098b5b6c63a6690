// SPDX-License-Identifier: Apache-2.0
#include "model/field.h"

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "catch.h"

namespace culprit {
namespace {

using Ids = std::vector<std::string_view>;

template <typename Fields>
Ids ids(const Fields& fields) {
  Ids found;
  for (const auto& field : fields) found.push_back(field.id);
  return found;
}

template <typename Row>
Value get(std::span<const Field<Row>> fields, std::string_view id, const Row& row,
          double seconds = 1) {
  for (const auto& field : fields)
    if (field.id == id) return field.get(row, seconds);
  FAIL("no field " << id);
  return {};
}

}  // namespace

// These lists are the contract with everything that reads our JSON and metrics: a
// name that changes or goes away needs a new schema number (DESIGN §6).
TEST_CASE("ids of process fields", "[field]") {
  const Ids expected = {
      "pid",
      "start_time_ns",
      "parent_pid",
      "name",
      "command",
      "executable",
      "user",
      "unit",
      "container",
      "cgroup",
      "class",
      "class_confidence",
      "class_because",
      "threads",
      "nice",
      "cpu_cores",
      "cpu_seconds",
      "cpu_seconds_total",
      "user_seconds",
      "system_seconds",
      "run_queue_seconds",
      "blocked_seconds.disk",
      "blocked_seconds.lock",
      "blocked_seconds.network",
      "blocked_seconds.sleep",
      "blocked_seconds.other",
      "contended_seconds",
      "stalled_seconds",
      "reclaim_seconds",
      "context_switches",
      "involuntary_switches",
      "migrations",
      "memory.rss_bytes",
      "memory.rss_change_bytes",
      "memory.growth_bytes_per_hour",
      "memory.peak_bytes",
      "memory.swap_bytes",
      "memory.major_faults",
      "memory.minor_faults",
      "disk.read_bytes",
      "disk.write_bytes",
      "disk.wait_seconds",
      "network.receive_bytes",
      "network.transmit_bytes",
      "network.connections",
      "network.retransmits",
      "network.listen_overflows",
      "network.accept_queue_ratio",
      "network.accept_backlog",
      "process_limit",
      "sync.count",
      "sync.latency.p50_seconds",
      "sync.latency.p99_seconds",
      "sync.latency.max_seconds",
      "file_descriptors.open",
      "file_descriptors.soft_limit",
      "calls.count",
      "calls.errors",
      "calls.seconds",
      "requests.count",
      "requests.errors",
      "requests.latency.p50_seconds",
      "requests.latency.p95_seconds",
      "requests.latency.p99_seconds",
  };
  CHECK(ids(process_fields()) == expected);
}

TEST_CASE("ids of task fields", "[field]") {
  const Ids expected = {
      "id",
      "kind",
      "group",
      "class",
      "class_confidence",
      "class_because",
      "process.pid",
      "process.start_time_ns",
      "process.name",
      "workers",
      "source.file",
      "source.function",
      "source.line",
      "cpu_cores",
      "cpu_seconds",
      "cpu_share_error",
      "method",
      "run_queue_seconds",
      "delay_seconds",
      "blocked_seconds.disk",
      "blocked_seconds.lock",
      "blocked_seconds.network",
      "blocked_seconds.sleep",
      "blocked_seconds.other",
      "memory_growth_bytes",
      "calls.count",
      "calls.seconds",
      "calls.errors",
      "requests",
      "runs",
      "period_seconds",
      "period_jitter_seconds",
      "cpu_seconds_per_run",
      "calls_per_run",
      "overlaps",
      "name",
  };
  CHECK(ids(task_fields()) == expected);
}

TEST_CASE("ids of thread fields", "[field]") {
  const Ids expected = {
      "tid",
      "name",
      "condition",
      "blocked_on",
      "cpu_cores",
      "cpu_seconds",
      "user_seconds",
      "system_seconds",
      "run_queue_seconds",
      "blocked_seconds.disk",
      "blocked_seconds.lock",
      "blocked_seconds.network",
      "blocked_seconds.sleep",
      "blocked_seconds.other",
      "contended_seconds",
      "stalled_seconds",
      "reclaim_seconds",
      "context_switches",
      "involuntary_switches",
      "migrations",
      "memory.major_faults",
      "memory.minor_faults",
      "disk.read_bytes",
      "disk.write_bytes",
      "network.receive_bytes",
      "network.transmit_bytes",
  };
  CHECK(ids(thread_fields()) == expected);
}

TEST_CASE("ids of unit fields", "[field]") {
  const Ids expected = {
      "path",
      "name",
      "container",
      "depth",
      "processes",
      "pids.current",
      "pids.limit",
      "cpu_cores",
      "cpu_seconds",
      "cpu_quota_cores",
      "throttled_ratio",
      "throttled_seconds",
      "user_seconds",
      "system_seconds",
      "run_queue_seconds",
      "blocked_seconds.disk",
      "blocked_seconds.lock",
      "blocked_seconds.network",
      "blocked_seconds.sleep",
      "blocked_seconds.other",
      "contended_seconds",
      "stalled_seconds",
      "reclaim_seconds",
      "context_switches",
      "involuntary_switches",
      "migrations",
      "memory.used_bytes",
      "memory.limit_bytes",
      "memory.file_refaults",
      "memory.major_faults",
      "memory.minor_faults",
      "disk.read_bytes",
      "disk.write_bytes",
      "disk.wait_seconds",
      "network.receive_bytes",
      "network.transmit_bytes",
      "network.retransmits",
  };
  CHECK(ids(unit_fields()) == expected);
}

TEST_CASE("ids of disk fields", "[field]") {
  const Ids expected = {
      "name",
      "read_bytes",
      "write_bytes",
      "busy_ratio",
  };
  CHECK(ids(disk_fields()) == expected);
}

TEST_CASE("ids of filesystem fields", "[field]") {
  const Ids expected = {
      "mount",
      "size_bytes",
      "used_ratio",
      "full_in_seconds",
  };
  CHECK(ids(filesystem_fields()) == expected);
}

TEST_CASE("ids of system fields", "[field]") {
  const Ids expected = {
      "cpu.utilization_ratio",
      "cpu.user_seconds",
      "cpu.system_seconds",
      "cpu.iowait_seconds",
      "cpu.irq_seconds",
      "cpu.steal_seconds",
      "cpu.idle_seconds",
      "run_queue.wait_seconds",
      "memory.total_bytes",
      "memory.available_bytes",
      "memory.used_ratio",
      "memory.cached_bytes",
      "memory.dirty_bytes",
      "memory.swap_total_bytes",
      "memory.swap_used_bytes",
      "memory.dirty_limit_bytes",
      "memory.swapped_in",
      "memory.swapped_out",
      "memory.file_refaults",
      "pressure.cpu.some_ratio",
      "pressure.memory.some_ratio",
      "pressure.memory.full_ratio",
      "pressure.io.some_ratio",
      "pressure.io.full_ratio",
      "network.receive_bytes",
      "network.transmit_bytes",
      "network.retransmits",
      "network.listen_overflows",
      "processes.count",
      "processes.threads",
      "processes.started",
      "processes.exited",
      "files.open",
      "files.limit",
      "accounting.cpu_seconds",
      "accounting.attributed_seconds",
      "accounting.kernel_seconds",
      "accounting.unattributed_seconds",
  };
  CHECK(ids(system_fields()) == expected);
}

TEST_CASE("ids of database fields", "[field]") {
  const Ids expected = {
      "system",
      "server.pid",
      "server.name",
      "operations",
      "errors",
      "seconds",
      "latency.mean_seconds",
      "latency.p50_seconds",
      "latency.p95_seconds",
      "latency.p99_seconds",
      "latency.max_seconds",
      "open",
      "busy_mean",
      "busy_peak",
      "opened",
      "closed",
      "cache.hits",
      "cache.misses",
      "cache.hit_ratio",
      "transactions.count",
      "transactions.statements",
      "transactions.seconds",
      "transactions.idle_seconds",
      "transactions.longest_seconds",
      "transactions.open",
      "transactions.longest_open_seconds",
      "transactions.longest_idle_seconds",
      "address",
  };
  CHECK(ids(database_fields()) == expected);
}

TEST_CASE("ids of query fields", "[field]") {
  const Ids expected = {
      "id",
      "system",
      "address",
      "database",
      "operation",
      "calls",
      "errors",
      "rows",
      "request_bytes",
      "reply_bytes",
      "seconds",
      "latency.mean_seconds",
      "latency.p50_seconds",
      "latency.p95_seconds",
      "latency.p99_seconds",
      "latency.max_seconds",
      "parts.server_seconds",
      "parts.pickup_seconds",
      "parts.stream_seconds",
      "server.seconds",
      "server.cpu_seconds",
      "server.run_queue_seconds",
      "server.disk_seconds",
      "server.unread_seconds",
      "repeated_calls",
      "repeated_seconds",
      "text",
  };
  CHECK(ids(query_fields()) == expected);
}

TEST_CASE("ids of endpoint fields", "[field]") {
  const Ids expected = {
      "process.pid",
      "process.name",
      "process.start_time_ns",
      "method",
      "requests",
      "errors",
      "latency.mean_seconds",
      "latency.p50_seconds",
      "latency.p95_seconds",
      "latency.p99_seconds",
      "latency.max_seconds",
      "calls_per_request",
      "calls_confidence",
      "bytes_per_response",
      "route",
  };
  CHECK(ids(endpoint_fields()) == expected);
}

TEST_CASE("ids of service fields", "[field]") {
  const Ids expected = {
      "protocol",
      "connects",
      "connect_failures",
      "requests",
      "errors",
      "retried_requests",
      "retry_attempts",
      "latency.mean_seconds",
      "latency.p50_seconds",
      "latency.p95_seconds",
      "latency.p99_seconds",
      "latency.max_seconds",
      "connect_latency.p50_seconds",
      "connect_latency.p99_seconds",
      "silent_seconds",
      "healthy",
      "address",
  };
  CHECK(ids(service_fields()) == expected);
}

TEST_CASE("every field is documented and no id comes twice", "[field]") {
  const auto check = [](const auto& fields) {
    std::set<std::string_view> seen;
    for (const auto& field : fields) {
      INFO(field.id);
      CHECK(seen.insert(field.id).second);
      CHECK(!field.help.empty());
      CHECK(field.width > 0);
      CHECK(field.get != nullptr);
    }
  };
  check(process_fields());
  check(thread_fields());
  check(unit_fields());
  check(disk_fields());
  check(filesystem_fields());
  check(system_fields());
  check(database_fields());
  check(query_fields());
  check(endpoint_fields());
  check(service_fields());
}

TEST_CASE("what was not read is absent and not zero", "[field]") {
  const std::set<std::string_view> always = {
      "pid",     "start_time_ns", "parent_pid", "name",        "class",
      "threads", "nice",          "cpu_cores",  "cpu_seconds", "cpu_seconds_total"};
  for (const auto& field : process_fields()) {
    INFO(field.id);
    CHECK(std::holds_alternative<std::monostate>(field.get(ProcessRow{}, 1)) ==
          !always.count(field.id));
  }
  for (const auto& field : system_fields()) {
    INFO(field.id);
    CHECK(std::holds_alternative<std::monostate>(field.get(SystemRow{}, 1)) ==
          (field.id != "processes.count" && field.id != "processes.threads"));
  }
}

TEST_CASE("fields of a process hold what the row holds", "[field]") {
  ProcessRow row;
  row.id = {42, 7};
  row.process_class = Class::kBackground;
  row.nice = -5;
  row.usage.cpu_seconds = 3;
  row.usage.blocked_seconds = Blocked{0.5, 0.25, 9, 10, 11};
  row.usage.voluntary_switches = 3;
  row.usage.involuntary_switches = 4;
  row.memory = MemoryUse{};
  row.memory->rss_change_bytes = -4096;

  const auto fields = process_fields();
  CHECK(get(fields, "pid", row) == Value(std::uint64_t{42}));
  CHECK(get(fields, "class", row) == Value("background"));
  CHECK(get(fields, "nice", row) == Value(std::int64_t{-5}));
  CHECK(get(fields, "cpu_cores", row, 2) == Value(1.5));
  CHECK(get(fields, "cpu_cores", row, 0) == Value());
  CHECK(get(fields, "blocked_seconds.sleep", row) == Value(10.0));
  CHECK(get(fields, "disk.wait_seconds", row) == Value(0.5));
  CHECK(get(fields, "stalled_seconds", row) == Value());
  row.usage.contended_seconds = 0.125;
  CHECK(get(fields, "contended_seconds", row) == Value(0.125));
  CHECK(get(fields, "stalled_seconds", row) == Value(0.625));
  CHECK(get(fields, "context_switches", row) == Value(std::uint64_t{7}));
  CHECK(get(fields, "memory.rss_change_bytes", row) == Value(std::int64_t{-4096}));
  CHECK(get(fields, "memory.growth_bytes_per_hour", row) == Value());
}

TEST_CASE("fields of calls hold what their rows hold", "[field]") {
  QueryRow query;
  query.id = 0x1f;
  query.protocol = Protocol::kRedis;
  CHECK(get(query_fields(), "id", query) == Value("000000000000001f"));
  CHECK(query_id_text(~QueryId{0}) == "ffffffffffffffff");
  CHECK(get(query_fields(), "system", query) == Value("redis"));
  CHECK(get(query_fields(), "latency.p95_seconds", query) == Value());
  CHECK(get(query_fields(), "parts.server_seconds", query) == Value());
  query.latency = Latency{.count = 2, .p95_seconds = 0.5};
  query.parts = CallParts{.server_seconds = 0.25};
  CHECK(get(query_fields(), "latency.p95_seconds", query) == Value(0.5));
  CHECK(get(query_fields(), "parts.server_seconds", query) == Value(0.25));

  DatabaseRow database;
  CHECK(get(database_fields(), "open", database) == Value());
  database.pools.resize(2);
  database.pools[0].open = 3, database.pools[1].open = 4;
  database.pools[0].busy_mean = 0.5, database.pools[1].busy_mean = 0.25;
  CHECK(get(database_fields(), "open", database) == Value(std::uint64_t{7}));
  CHECK(get(database_fields(), "busy_mean", database) == Value(0.75));
  database.cache = CacheTotals{};
  CHECK(get(database_fields(), "cache.hit_ratio", database) == Value());
  database.cache->hits = 1, database.cache->misses = 3;
  CHECK(get(database_fields(), "cache.hit_ratio", database) == Value(0.25));

  ProcessRow process;
  process.requests = RequestTotals{4, 0, {}};
  CHECK(get(process_fields(), "requests.count", process) == Value(std::uint64_t{4}));
  CHECK(get(process_fields(), "requests.latency.p99_seconds", process) == Value());
  process.requests->latency = Latency{.count = 4, .p99_seconds = 2};
  CHECK(get(process_fields(), "requests.latency.p99_seconds", process) == Value(2.0));

  CHECK(get(service_fields(), "healthy", ServiceRow{}) == Value(std::uint64_t{1}));
}

TEST_CASE("memory of the host without a total or with impossible swap is absent", "[field]") {
  SystemRow row;
  row.memory = MemoryReading{};
  row.memory->swap_free_bytes = 1;
  CHECK(get(system_fields(), "memory.used_ratio", row) == Value());
  CHECK(get(system_fields(), "memory.swap_used_bytes", row) == Value());
  row.memory->total_bytes = 100;
  row.memory->available_bytes = 25;
  CHECK(get(system_fields(), "memory.used_ratio", row) == Value(0.75));
}

}  // namespace culprit
