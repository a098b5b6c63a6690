// SPDX-License-Identifier: Apache-2.0
#include "serve/json.h"

#include <nlohmann/json.hpp>
#include <set>

#include "catch.h"
#include "unit/serve/busy_snapshot.h"

namespace culprit {
namespace {

using Json = nlohmann::ordered_json;

std::set<std::string> keys(const Json& object) {
  std::set<std::string> names;
  for (const auto& [key, value] : object.items()) CHECK(names.insert(key).second);
  return names;
}

void check_all_null(const Json& value, const std::string& pointer) {
  INFO(pointer);
  if (value.is_object())
    for (const auto& [key, member] : value.items()) check_all_null(member, pointer + "/" + key);
  else
    CHECK(value.is_null());
}

}  // namespace

TEST_CASE("the document has every top-level key of culprit.snapshot/1") {
  const Json document = to_json(Snapshot{});
  CHECK(keys(document) == std::set<std::string>{"schema", "host", "interval", "collector", "system",
                                                "processes", "units", "tasks", "databases",
                                                "queries", "endpoints", "lookups", "start_groups",
                                                "services", "findings", "recommendations", "score",
                                                "actions"});
  CHECK(document["schema"] == "culprit.snapshot/1");
  CHECK(document["score"].is_null());
  CHECK(document["queries"] == Json::array());
  CHECK(document["collector"]["mode"] == "proc");
  CHECK(document["host"]["cloud"].is_null());
}

TEST_CASE("the host is written as DESIGN §6 names it") {
  const Json document = to_json(busy_snapshot(0));
  CHECK(document["interval"] == Json({{"start", "2023-11-14T22:13:20.000Z"},
                                      {"end", "2023-11-14T22:13:21.000Z"},
                                      {"seconds", 1}}));
  const Json& system = document["system"];
  CHECK(keys(system) == std::set<std::string>{"cpu", "run_queue", "memory", "pressure", "network",
                                              "processes", "accounting", "load_average", "ports",
                                              "allowances", "files", "disks", "filesystems"});
  CHECK(system["load_average"] == Json({1.5, 2, 3}));
  CHECK(system["pressure"]["memory"] == Json({{"some_ratio", 0.2}, {"full_ratio", 0.05}}));
  CHECK(system["run_queue"]["latency"]["p99_seconds"] == 0.02);
  CHECK(system["disks"][1]["latency"].is_null());
  CHECK(system["filesystems"][0]["full_in_seconds"].is_null());
  CHECK(document["collector"]["events"]["lost_by_cause"] == Json({{"ring_full", 2}}));
  CHECK(document["collector"]["probes"][0]["reason"].is_null());
  CHECK(document["collector"]["probes"][1]["state"] == "unavailable");
}

TEST_CASE("a host without PSI has no pressure, not a pressure of zero") {
  Snapshot snapshot = busy_snapshot(0);
  snapshot.system.cpu_pressure = snapshot.system.memory_pressure = snapshot.system.io_pressure = {};
  CHECK(to_json(snapshot)["system"]["pressure"].is_null());
  snapshot.system.io_pressure = Pressure{0.1, {}};
  CHECK(to_json(snapshot)["system"]["pressure"]["io"] ==
        Json({{"some_ratio", 0.1}, {"full_ratio", nullptr}}));
}

TEST_CASE("a process is written as DESIGN §6 names it") {
  const Json process = to_json(busy_snapshot(1))["processes"][0];
  for (const char* pointer : {"/pid",
                              "/start_time_ns",
                              "/parent_pid",
                              "/name",
                              "/command",
                              "/executable",
                              "/user",
                              "/unit",
                              "/container",
                              "/cgroup",
                              "/class",
                              "/threads",
                              "/cpu_cores",
                              "/cpu_seconds",
                              "/user_seconds",
                              "/system_seconds",
                              "/run_queue_seconds",
                              "/blocked_seconds/disk",
                              "/blocked_seconds/lock",
                              "/blocked_seconds/network",
                              "/blocked_seconds/sleep",
                              "/blocked_seconds/other",
                              "/context_switches",
                              "/migrations",
                              "/delayed_by",
                              "/memory/rss_bytes",
                              "/memory/rss_change_bytes",
                              "/memory/growth_bytes_per_hour",
                              "/memory/major_faults",
                              "/memory/minor_faults",
                              "/disk/read_bytes",
                              "/disk/write_bytes",
                              "/disk/wait_seconds",
                              "/network/receive_bytes",
                              "/network/transmit_bytes",
                              "/network/connections",
                              "/file_descriptors/open",
                              "/file_descriptors/soft_limit",
                              "/calls",
                              "/requests",
                              "/exited"}) {
    INFO(pointer);
    CHECK(process.contains(Json::json_pointer(pointer)));
  }
  keys(process);
  CHECK(process["delayed_by"][0] ==
        Json({{"pid", 2}, {"name", "noisy"}, {"task", nullptr}, {"seconds", 0.25}}));
  CHECK(process["busiest_threads"].size() == 2);
  CHECK(process["busiest_threads"][0]["blocked_on"] == "network");
  CHECK(process["oom_killed"].is_null());
}

TEST_CASE("a query is written as DESIGN §6 names it") {
  const Json query = to_json(busy_snapshot(0))["queries"][1];
  CHECK(keys(query) == std::set<std::string>{"id",
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
                                             "repeated_calls",
                                             "repeated_seconds",
                                             "text",
                                             "text_truncated",
                                             "errors_by_code",
                                             "waits",
                                             "latency",
                                             "parts",
                                             "server",
                                             "callers"});
  CHECK(query["id"] == "000000000abc0001");
  CHECK(query["system"] == "postgresql");
  CHECK(query["errors_by_code"] == Json({{"23505", 1}, {"40001", 1}}));
  CHECK(query["latency"]["p95_seconds"] == 0.02);
  CHECK(query["parts"] ==
        Json({{"server_seconds", 0.75}, {"pickup_seconds", 0.125}, {"stream_seconds", 0.0625}}));
  CHECK(query["server"]["cpu_seconds"] == 0.25);
  CHECK(query["callers"][0] ==
        Json({{"process", {{"pid", 1}, {"name", "worker-1"}, {"start_time_ns", 123456789001}}},
              {"task", nullptr},
              {"endpoint", "GET /orders/{id}"},
              {"calls", 60},
              {"seconds", 0.75}}));
  CHECK(query["callers"][1]["task"] == "loader");
}

TEST_CASE("a database is written as DESIGN §6 names it") {
  const Json database = to_json(busy_snapshot(0))["databases"][0];
  CHECK(keys(database) == std::set<std::string>{"system", "address", "operations", "errors",
                                                "seconds", "open", "busy_mean", "busy_peak",
                                                "opened", "closed", "latency", "server", "pools",
                                                "cache", "transactions"});
  CHECK(database["server"] == Json({{"pid", 77}, {"name", "postgres"}, {"start_time_ns", 5000}}));
  CHECK(database["cache"] == Json({{"hits", 3}, {"misses", 1}, {"hit_ratio", 0.75}}));
  CHECK(database["transactions"]["longest_open_seconds"] == 12.5);
  CHECK(database["transactions"]["longest_idle_seconds"].is_null());
  CHECK(database["pools"][1] ==
        Json({{"process", {{"pid", 2}, {"name", "worker-2"}, {"start_time_ns", 123456789002}}},
              {"open", 5},
              {"busy_mean", 0.25},
              {"busy_peak", 1},
              {"opened", 0},
              {"closed", 0},
              {"in_transaction", 1}}));
  CHECK(database["open"] == 15);
  CHECK(database["busy_mean"] == 1.75);
}

TEST_CASE("endpoints, services and the calls of a process are written as DESIGN §6 names them") {
  const Json document = to_json(busy_snapshot(1));
  const Json& endpoint = document["endpoints"][2];
  CHECK(keys(endpoint) == std::set<std::string>{"process", "method", "route", "requests", "errors",
                                                "status", "latency", "calls_per_request",
                                                "calls_confidence", "bytes_per_response"});
  CHECK(endpoint["process"] ==
        Json({{"pid", 1}, {"name", "worker-1"}, {"start_time_ns", 123456789001}}));
  CHECK(endpoint["status"] == Json({{"2xx", 47}, {"5xx", 3}}));
  const Json& service = document["services"][0];
  CHECK(keys(service) ==
        std::set<std::string>{"address", "protocol", "connects", "retried_requests",
                              "retry_attempts", "connect_failures", "requests", "errors", "latency",
                              "connect_latency", "silent_seconds", "healthy", "users"});
  CHECK(service["healthy"] == false);
  CHECK(service["users"][0]["name"] == "worker-1");
  const Json& process = document["processes"][0];
  CHECK(process["calls"] == Json({{"count", 40}, {"seconds", 0.5}, {"errors", 1}}));
  CHECK(keys(process["requests"]) == std::set<std::string>{"count", "errors", "latency"});
  CHECK(process["requests"]["latency"]["p99_seconds"] == 0.04);
}

TEST_CASE("what is not known of calls is null") {
  Snapshot snapshot;
  snapshot.processes.emplace_back();
  snapshot.queries.emplace_back();
  snapshot.databases.emplace_back();
  snapshot.endpoints.emplace_back();
  snapshot.services.emplace_back();
  const Json document = to_json(snapshot);
  for (const char* key : {"calls", "requests"}) CHECK(document["processes"][0][key].is_null());
  for (const char* key : {"database", "operation", "text", "rows", "latency", "parts", "server"})
    CHECK(document["queries"][0][key].is_null());
  CHECK(document["queries"][0]["id"] == "0000000000000000");
  for (const char* key : {"server", "latency", "cache", "transactions", "open", "busy_mean"})
    CHECK(document["databases"][0][key].is_null());
  for (const char* key : {"latency", "calls_per_request", "calls_confidence", "bytes_per_response"})
    CHECK(document["endpoints"][0][key].is_null());
  for (const char* key : {"latency", "connect_latency", "silent_seconds"})
    CHECK(document["services"][0][key].is_null());
  CHECK(document["services"][0]["healthy"] == true);
  snapshot.databases[0].cache = CacheTotals{};
  CHECK(to_json(snapshot)["databases"][0]["cache"]["hit_ratio"].is_null());
}

TEST_CASE("absent is null, not zero") {
  Snapshot snapshot;
  snapshot.seconds = 1;
  snapshot.processes.emplace_back();
  const Json document = to_json(snapshot);
  const Json& process = document["processes"][0];
  for (const char* key : {"command", "unit", "blocked_seconds", "memory", "disk", "network",
                          "run_queue_seconds", "exited", "file_descriptors"})
    check_all_null(process[key], key);
  for (const char* key : {"memory", "network", "accounting", "run_queue", "pressure"})
    check_all_null(document["system"][key], key);
  CHECK(document["system"]["cpu"]["utilization_ratio"].is_null());
}

TEST_CASE("an exit, an OOM kill and a name of any bytes are written") {
  Snapshot snapshot = busy_snapshot(1);
  ProcessRow& row = snapshot.processes[0];
  row.name = "\xff\"";
  row.exited = Exited{{}, 9};
  row.oom_killed = OomKilled{"/a", 1024};
  const Json process = to_json(snapshot)["processes"][0];
  CHECK(process["name"] == "\xef\xbf\xbd\"");
  CHECK(process["exited"] == Json({{"code", nullptr}, {"signal", 9}}));
  CHECK(process["oom_killed"] == Json({{"cgroup", "/a"}, {"limit_bytes", 1024}}));
}

TEST_CASE("one line holds no line break, and both styles say the same") {
  const Snapshot snapshot = busy_snapshot(3);
  const std::string line = json_text(snapshot);
  CHECK(line.find('\n') == std::string::npos);
  CHECK(Json::parse(line) == Json::parse(json_text(snapshot, JsonStyle::kIndented)));
}

}  // namespace culprit
