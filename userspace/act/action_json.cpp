// SPDX-License-Identifier: Apache-2.0
#include "act/action_json.h"

#include "util/rfc3339.h"

namespace culprit {
namespace {

void time_member(JsonWriter& out, const char* name, const std::optional<std::int64_t>& wall_ns) {
  out.member(name, wall_ns ? std::optional(rfc3339(*wall_ns)) : std::nullopt);
}

/// Absent where there is none.
std::optional<std::string> some(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

Action action_of(const Lease& lease) {
  Action action;
  action.id = lease.id;
  action.mode = lease.by;
  action.state = !lease.open() ? "ended" : lease.kept ? "kept" : "active";
  action.target = lease.target;
  action.victim = lease.victim;
  action.knob = lease.knob;
  action.old_text = lease.old_text;
  action.new_text = lease.new_text;
  action.applied_wall_ns = lease.applied_wall_ns;
  if (!lease.kept) action.deadline_wall_ns = lease.deadline_wall_ns;
  if (!lease.open()) action.ended_wall_ns = lease.closed_wall_ns;
  action.verdict = lease.verdict;
  action.verdict_because = lease.verdict_because.value_or("");
  action.ended_because = lease.closed_because;
  action.account = account_text(lease);
  if (!lease.reason.empty()) action.reasons.push_back(lease.reason);
  if (lease.open()) action.undo = lease.undo_text;
  return action;
}

void write_action(JsonWriter& out, const Action& action) {
  out.begin_object();
  out.member("id", action.id);
  out.member("mode", action.mode);
  out.member("state", action.state);
  out.key("target");
  out.begin_object();
  out.member("kind", action.target.kind);
  out.member("name", action.target.name);
  out.member("pid", action.target.pid);
  out.member("start_time_ns", action.target.start_time_ns);
  out.end_object();
  out.member("victim", some(action.victim));
  out.member("knob", action.knob);
  out.member("old", some(action.old_text));
  out.member("new", action.new_text);
  time_member(out, "applied_at", action.applied_wall_ns);
  time_member(out, "deadline", action.deadline_wall_ns);
  time_member(out, "ended_at", action.ended_wall_ns);
  out.member("ended_because", some(action.ended_because));
  out.member("verdict", action.verdict);
  out.member("verdict_because", some(action.verdict_because));
  out.member("account", some(action.account));
  out.key("reasons");
  out.begin_array();
  for (const std::string& reason : action.reasons) out.value(reason);
  out.end_array();
  out.member("undo", some(action.undo));
  out.end_object();
}

std::string actions_json(const std::vector<Action>& actions) {
  JsonWriter out(JsonStyle::kLine);
  out.begin_object();
  out.member("schema", "culprit.actions/1");
  out.key("actions");
  out.begin_array();
  for (const Action& action : actions) write_action(out, action);
  out.end_array();
  out.end_object();
  return out.take();
}

}  // namespace culprit
