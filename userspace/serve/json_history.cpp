// SPDX-License-Identifier: Apache-2.0
#include "serve/json_history.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "store/history_words.h"
#include "util/rfc3339.h"

namespace culprit {
namespace {

using Json = nlohmann::ordered_json;

/// "memory.rss_bytes" as the pointer /memory/rss_bytes.
Json::json_pointer pointer_of(std::string_view id) {
  std::string path = "/" + std::string(id);
  std::replace(path.begin(), path.end(), '.', '/');
  return Json::json_pointer(path);
}

Json number(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

Json latency_json(const std::optional<Latency>& latency) {
  if (!latency) return nullptr;
  return {{"count", latency->count},
          {"mean_seconds", latency->mean_seconds},
          {"p50_seconds", latency->p50_seconds},
          {"p95_seconds", latency->p95_seconds},
          {"p99_seconds", latency->p99_seconds},
          {"max_seconds", latency->max_seconds}};
}

void add_values(Json& json, const HistoryRow& row, HistoryKind kind) {
  const auto metrics = history_metrics(kind);
  for (std::size_t place = 0; place < metrics.size() && place < row.values.size(); place++)
    json[pointer_of(metrics[place].id)] = number(row.values[place]);
  if (history_has_latency(kind))
    json[pointer_of(kind == HistoryKind::kHost ? "run_queue.latency" : "latency")] =
        latency_json(row.latency);
}

Json row_json(const HistoryRow& row, HistoryKind kind) {
  Json json = Json::object();
  if (row.name) {
    const auto texts = history_texts(kind);
    for (std::size_t place = 0; place < texts.size(); place++) {
      const bool known = place < row.name->texts.size() && !row.name->texts[place].empty();
      json[std::string(texts[place])] = known ? Json(row.name->texts[place]) : Json();
    }
    if (kind == HistoryKind::kProcess) {
      json["pid"] = row.pid;
      json["start_time_ns"] = row.start_time_ns;
    }
  }
  json["seconds"] = row.seconds;
  add_values(json, row, kind);
  return json;
}

Json system_json(const HistoryTick& tick) {
  const HistoryRow* host = tick.host();
  if (!host) return nullptr;
  Json json = Json::object();
  add_values(json, *host, HistoryKind::kHost);
  return json;
}

/// "process" is in "processes"; "query" in "queries".
std::string plural(HistoryKind kind) {
  std::string name(history_kind_name(kind));
  if (name.ends_with('y')) return name.substr(0, name.size() - 1) + "ies";
  return name + (name.ends_with('s') ? "es" : "s");
}

void add_tables(Json& json, const HistoryTick& tick) {
  Json rest = Json::object();
  for (std::size_t place = 1; place < kHistoryKinds; place++) {
    const auto kind = static_cast<HistoryKind>(place);
    Json& rows = json[plural(kind)] = Json::array();
    for (const HistoryRow& row : tick.table(kind).rows) rows.push_back(row_json(row, kind));
    if (const auto& one = tick.table(kind).rest) rest[plural(kind)] = row_json(*one, kind);
  }
  json["rest"] = std::move(rest);
}

Json tick_json(const HistoryTick& tick) {
  Json json;
  json["start"] = rfc3339(tick.start_ns);
  json["end"] = rfc3339(tick.end_ns);
  json["seconds"] = tick.seconds;
  json["system"] = system_json(tick);
  add_tables(json, tick);
  return json;
}

Json step_json(const HistoryStep& step) {
  Json json;
  json["start"] = rfc3339(step.span.since_ns);
  json["end"] = rfc3339(step.span.until_ns);
  json["seconds"] = step.tick ? step.tick->seconds : 0;
  json["system"] = step.tick ? system_json(*step.tick) : Json();
  json["led_by"] = nullptr;
  if (!step.tick) return json;
  json["disk_busy_ratio"] = number(disk_ratio(*step.tick));
  if (const HistoryRow* row = leader(*step.tick, HistoryKind::kProcess, "cpu_seconds"))
    json["led_by"] = row_json(*row, HistoryKind::kProcess);
  return json;
}

Json finding_json(const HistoryFinding& finding) {
  return {{"id", finding.id},
          {"severity", severity_name(finding.severity)},
          {"category", finding.category},
          {"target", {{"kind", target_kind_name(finding.target_kind)}, {"name", finding.target}}},
          {"summary", finding.summary},
          {"since", rfc3339(finding.since_ns)},
          {"until", rfc3339(finding.until_ns)},
          {"confidence", finding.confidence}};
}

Json audit_json(const std::vector<HistoryAction>& kept) {
  Json actions = Json::array();
  for (const HistoryAction& action : kept) {
    Json one = {{"id", action.id},
                {"time", rfc3339(action.time_ns)},
                {"target", action.target},
                {"verdict", action.verdict.empty() ? Json() : Json(action.verdict)}};
    const Json document = Json::parse(action.document, nullptr, false);
    one["document"] = document.is_discarded() ? Json() : document;
    actions.push_back(std::move(one));
  }
  return actions;
}

Json findings_json(const std::vector<HistoryFinding>& findings) {
  Json list = Json::array();
  for (const HistoryFinding& finding : findings) list.push_back(finding_json(finding));
  return list;
}

Json head(const std::string& host) {
  Json json;
  json["schema"] = "culprit.history/1";
  const Json document = Json::parse(host, nullptr, false);
  json["host"] = document.is_object() ? document : Json();
  return json;
}

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string history_json(const HistoryRange& range) {
  Json json = head(range.host);
  json["since"] = rfc3339(range.span.since_ns);
  json["until"] = rfc3339(range.span.until_ns);
  json["step_seconds"] = static_cast<double>(range.step_ns) / 1e9;
  Json& steps = json["steps"] = Json::array();
  for (const HistoryStep& step : range.steps) steps.push_back(step_json(step));
  json["whole"] = range.whole ? tick_json(*range.whole) : Json();
  json["findings"] = findings_json(range.findings);
  Json& gaps = json["gaps"] = Json::array();
  for (const HistoryGap& gap : range.gaps)
    gaps.push_back({{"since", rfc3339(gap.since_ns)},
                    {"until", rfc3339(gap.until_ns)},
                    {"lost_intervals", gap.ticks},
                    {"cause", gap.cause}});
  json["actions"] = audit_json(range.actions);
  return text_of(json);
}

std::string history_json(const HistoryMoment& moment) {
  Json json = head(moment.host);
  json["at"] = rfc3339(moment.time_ns);
  json["tick"] = moment.tick ? tick_json(*moment.tick) : Json();
  json["findings"] = findings_json(moment.findings);
  json["actions"] = audit_json(moment.actions);
  return text_of(json);
}

std::string history_analysis_json(const std::string& host, const HistoryTick& tick,
                                  const std::vector<HistoryFinding>& findings) {
  Json json = head(host);
  json["schema"] = "culprit.snapshot/1";
  json["interval"] = {
      {"start", rfc3339(tick.start_ns)}, {"end", rfc3339(tick.end_ns)}, {"seconds", tick.seconds}};
  const Json system = system_json(tick);
  json["system"] = system.is_object() ? system : Json::object();
  add_tables(json, tick);
  for (Json& row : json["endpoints"]) {
    row["process"] = {{"name", row["process"]}};
    const Json calls = row["calls"], requests = row["requests"];
    row["calls_per_request"] = calls.is_number() && requests.is_number() && requests > 0
                                   ? Json(calls.get<double>() / requests.get<double>())
                                   : Json();
  }
  Json& found = json["findings"] = Json::array();
  for (const HistoryFinding& finding : findings)
    if (finding.since_ns < tick.end_ns && finding.until_ns > tick.start_ns)
      found.push_back(finding_json(finding));
  const bool is_judged =
      system.is_object() && system.contains("score") && system["score"].is_number();
  json["score"] = is_judged ? Json{{"value", system["score"]}} : Json();
  return text_of(json);
}

}  // namespace culprit
