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
                                                "queries", "endpoints", "services", "findings",
                                                "recommendations", "score", "actions"});
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
                                              "processes", "accounting", "load_average", "disks",
                                              "filesystems"});
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
