// SPDX-License-Identifier: Apache-2.0
#include "serve/json.h"

#include <nlohmann/json.hpp>

#include "collect/probe_state.h"
#include "serve/json_action.h"
#include "serve/json_parts.h"
#include "util/rfc3339.h"

namespace culprit {
namespace {

void host(JsonWriter& out, const HostIdentity& identity) {
  out.begin_object();
  out.member("hostname", identity.hostname);
  out.member("boot_id", identity.boot_id);
  out.member("kernel", identity.kernel);
  out.member("architecture", identity.architecture);
  out.member("cpu_count", identity.cpu_count);
  out.member("memory_bytes", identity.memory_bytes);
  out.key("cloud");
  if (identity.cloud) {
    out.begin_object();
    out.member("provider", identity.cloud->provider);
    out.member("instance_id", identity.cloud->instance_id);
    out.member("instance_type", identity.cloud->instance_type);
    out.end_object();
  } else {
    out.value(nullptr);
  }
  out.end_object();
}

void probes(JsonWriter& out, const CollectorRow& row) {
  out.begin_array();
  for (const ProbeRow& probe : row.probes) {
    out.begin_object();
    out.member("name", probe.name);
    out.member("attach", probe.attach);
    out.member("state", probe_state_name(probe.state));
    out.key("reason");
    if (probe.reason.empty())
      out.value(nullptr);
    else
      out.value(probe.reason);
    out.member("runs", probe.runs);
    out.member("seconds", probe.seconds);
    out.end_object();
  }
  out.end_array();
}

void collector(JsonWriter& out, const CollectorRow& row) {
  out.begin_object();
  out.member("mode", row.bpf ? "bpf" : "proc");
  out.key("probes");
  probes(out, row);
  out.key("events");
  out.begin_object();
  out.member("received", row.events_received);
  out.member("lost", row.events_lost);
  out.key("lost_by_cause");
  out.begin_object();
  for (const auto& [cause, count] : row.lost_by_cause) out.member(cause, count);
  out.end_object();
  out.end_object();
  out.key("cost");
  out.begin_object();
  out.member("kernel_seconds", row.kernel_seconds);
  out.member("user_seconds", row.user_seconds);
  out.member("memory_bytes", row.memory_bytes);
  out.member("map_bytes", row.map_bytes);
  out.end_object();
  out.end_object();
}

void rows(JsonWriter& out, std::string_view key, const auto& list, double seconds, auto write) {
  out.key(key);
  out.begin_array();
  for (const auto& row : list) write(out, row, seconds);
  out.end_array();
}

}  // namespace

void json_parts::interval(JsonWriter& out, const Snapshot& snapshot) {
  out.begin_object();
  out.member("start", rfc3339(snapshot.start_wall_ns));
  out.member("end", rfc3339(snapshot.end_wall_ns));
  out.member("seconds", snapshot.seconds);
  out.end_object();
}

std::string json_text(const Snapshot& snapshot, JsonStyle style) {
  JsonWriter out(style);
  out.begin_object();
  out.member("schema", "culprit.snapshot/1");
  out.key("host");
  host(out, snapshot.host);
  out.key("interval");
  json_parts::interval(out, snapshot);
  out.key("collector");
  collector(out, snapshot.collector);
  out.key("system");
  json_parts::system(out, snapshot.system, snapshot.seconds);
  rows(out, "processes", snapshot.processes, snapshot.seconds, json_parts::process);
  rows(out, "units", snapshot.units, snapshot.seconds, json_parts::unit);
  rows(out, "tasks", snapshot.tasks, snapshot.seconds, json_parts::task);
  rows(out, "databases", snapshot.databases, snapshot.seconds, json_parts::database);
  rows(out, "queries", snapshot.queries, snapshot.seconds, json_parts::query);
  rows(out, "endpoints", snapshot.endpoints, snapshot.seconds, json_parts::endpoint);
  rows(out, "services", snapshot.services, snapshot.seconds, json_parts::service);
  rows(out, "lookups", snapshot.lookups, snapshot.seconds, json_parts::lookup);
  rows(out, "start_groups", snapshot.start_groups, snapshot.seconds, json_parts::start_group);
  json_parts::judgement(out, snapshot.judgement);
  out.key("actions");
  out.begin_array();
  for (const Action& action : snapshot.actions) write_action(out, action);
  out.end_array();
  out.end_object();
  return out.take();
}

std::string recommendations_json(const Snapshot& snapshot) {
  JsonWriter out(JsonStyle::kLine);
  out.begin_object();
  out.member("schema", "culprit.recommendations/1");
  out.key("interval");
  json_parts::interval(out, snapshot);
  const std::vector<Recommendation> none;
  json_parts::recommendations(out, snapshot.judgement ? snapshot.judgement->recommendations : none);
  out.end_object();
  return out.take();
}

std::string finding_json(const Snapshot& snapshot, const std::string& id) {
  JsonWriter out(JsonStyle::kLine);
  out.begin_object();
  out.member("schema", "culprit.findings/1");
  out.key("interval");
  json_parts::interval(out, snapshot);
  Judgement of_id;
  if (snapshot.judgement) {
    for (const Finding& found : snapshot.judgement->findings)
      if (found.id == id) of_id.findings.push_back(found);
    for (const Recommendation& one : snapshot.judgement->recommendations)
      if (one.finding == id) of_id.recommendations.push_back(one);
  }
  json_parts::findings(out, of_id.findings);
  json_parts::recommendations(out, of_id.recommendations);
  out.end_object();
  return out.take();
}

nlohmann::ordered_json to_json(const Snapshot& snapshot) {
  return nlohmann::ordered_json::parse(json_text(snapshot));
}

}  // namespace culprit
