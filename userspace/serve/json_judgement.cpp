// SPDX-License-Identifier: Apache-2.0
#include "serve/json_action.h"
#include "serve/json_parts.h"
#include "util/rfc3339.h"

namespace culprit::json_parts {
namespace {

void target(JsonWriter& out, const Target& target) {
  out.begin_object();
  out.member("kind", target_kind_name(target.kind));
  out.member("name", target.name);
  out.member("pid", target.pid);
  out.member("start_time_ns", target.start_time_ns);
  out.member("id", target.id);
  out.end_object();
}

void evidence(JsonWriter& out, const std::vector<Evidence>& list) {
  out.begin_array();
  for (const Evidence& item : list) {
    out.begin_object();
    out.member("metric", item.metric);
    out.member("value", item.value);
    out.member("threshold", item.threshold);
    out.member("unit", item.unit);
    out.end_object();
  }
  out.end_array();
}

void texts(JsonWriter& out, std::string_view key, const std::vector<std::string>& list) {
  out.key(key);
  out.begin_array();
  for (const std::string& text : list) out.value(text);
  out.end_array();
}

void finding(JsonWriter& out, const Finding& row) {
  out.begin_object();
  out.member("id", row.id);
  out.member("severity", severity_name(row.severity));
  out.member("category", row.category);
  out.key("target");
  target(out, row.target);
  out.key("victims");
  out.begin_array();
  for (const Target& victim : row.victims) target(out, victim);
  out.end_array();
  out.member("summary", row.summary);
  out.member("since", rfc3339(row.since_wall_ns));
  out.member("confidence", row.confidence);
  out.key("evidence");
  evidence(out, row.evidence);
  texts(out, "explains", row.explains);
  out.end_object();
}

void recommendation(JsonWriter& out, const Recommendation& row) {
  out.begin_object();
  out.member("id", row.id);
  out.member("finding", row.finding);
  out.member("category", row.category);
  out.member("type", row.type);
  out.key("target");
  target(out, row.target);
  out.member("priority", priority_name(row.priority));
  out.member("description", row.description);
  texts(out, "actions", row.actions);
  out.member("expected_impact", row.expected_impact);
  out.member("saved_ratio", row.saved_ratio);
  out.member("implementation_effort", effort_name(row.effort));
  out.key("action");
  if (row.action)
    write_action(out, *row.action);
  else
    out.value(nullptr);
  out.end_object();
}

void score(JsonWriter& out, const Score& score) {
  out.begin_object();
  out.member("value", score.value);
  out.key("parts");
  out.begin_array();
  for (const ScorePart& part : score.parts) {
    out.begin_object();
    out.member("name", part.name);
    out.member("lost", part.lost);
    out.member("because", part.because);
    out.end_object();
  }
  out.end_array();
  out.end_object();
}

}  // namespace

void findings(JsonWriter& out, const std::vector<Finding>& list) {
  out.key("findings");
  out.begin_array();
  for (const Finding& row : list) finding(out, row);
  out.end_array();
}

void recommendations(JsonWriter& out, const std::vector<Recommendation>& list) {
  out.key("recommendations");
  out.begin_array();
  for (const Recommendation& row : list) recommendation(out, row);
  out.end_array();
}

void judgement(JsonWriter& out, const std::optional<Judgement>& held) {
  static const Judgement kNone;
  const Judgement& judgement = held ? *held : kNone;
  findings(out, judgement.findings);
  recommendations(out, judgement.recommendations);
  out.key("score");
  if (held)
    score(out, judgement.score);
  else
    out.value(nullptr);
}

}  // namespace culprit::json_parts
