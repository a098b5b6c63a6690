// SPDX-License-Identifier: Apache-2.0
#include "serve/json_action.h"

#include <array>

#include "util/rfc3339.h"

namespace culprit {
namespace {

constexpr std::array kMembers = std::to_array<ActionMember>({
    {"id", "of a lease r…, of a proposal p…, or of the recommendation that it would do"},
    {"mode", "who did it: person, recommendation (culprit apply), or the engine in its mode"},
    {"state",
     "proposed and vetoed: nothing was changed; active; kept until it is taken back; ended"},
    {"consent", "auto: the engine may do it by itself in mode auto; ask: a person has to say so"},
    {"target", "who is held: kind, name, pid, start_time_ns"},
    {"victim", "for whose sake; null on a person's word alone"},
    {"knob", "what is changed"},
    {"old", "the value before; null where nobody looked"},
    {"new", "the value"},
    {"applied_at", "when it was done; null: it was not"},
    {"deadline", "when it ends by itself, whatever becomes of culprit"},
    {"ended_at", "when it ended"},
    {"ended_because", "why"},
    {"expected_impact", "what it should bring, for a person; null where nothing tells"},
    {"expected_p95_ratio", "the victim's p95 afterwards over the one before, as expected"},
    {"achieved_p95_ratio", "the same, as measured"},
    {"verdict", "what measuring the victim showed: helped, no_effect, worse, inconclusive"},
    {"verdict_because", "in numbers"},
    {"account", "what it has done so far, where something counts that: connections refused"},
    {"measured",
     "medians of the victim's p95 over intervals before and after, how many these were, and the "
     "chance that they do not differ (Mann-Whitney)"},
    {"reasons", "why, or what speaks against it"},
    {"guards", "which guards were asked"},
    {"overridden", "what they said and a person's word lifted"},
    {"changes", "each value: place, old, intended, applied (as read back), undone"},
    {"changes_left_out", "so many more"},
    {"undo", "the command that takes it back"},
});

void time_member(JsonWriter& out, const char* name, const std::optional<std::int64_t>& wall_ns) {
  out.member(name, wall_ns ? std::optional(rfc3339(*wall_ns)) : std::nullopt);
}

/// Absent where there is none.
std::optional<std::string> some(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

void list_member(JsonWriter& out, const char* name, const std::vector<std::string>& texts) {
  out.key(name);
  out.begin_array();
  for (const std::string& text : texts) out.value(text);
  out.end_array();
}

void write_target(JsonWriter& out, const LeaseTarget& target) {
  out.key("target");
  out.begin_object();
  out.member("kind", target.kind);
  out.member("name", target.name);
  out.member("pid", target.pid);
  out.member("start_time_ns", target.start_time_ns);
  out.end_object();
}

void write_measured(JsonWriter& out, const std::optional<MeasuredImpact>& measured) {
  out.key("measured");
  if (!measured) return out.value(nullptr);
  out.begin_object();
  out.member("before_p95_seconds", measured->before_seconds);
  out.member("after_p95_seconds", measured->after_seconds);
  out.member("before_intervals", measured->before_intervals);
  out.member("after_intervals", measured->after_intervals);
  out.member("chance", measured->chance);
  out.end_object();
}

void write_changes(JsonWriter& out, const Action& action) {
  out.key("changes");
  out.begin_array();
  for (const ActionChange& change : action.changes) {
    out.begin_object();
    out.member("place", change.place);
    out.member("old", change.old_value);
    out.member("intended", change.intended);
    out.member("applied", change.applied);
    out.member("undone", some(change.undone));
    out.end_object();
  }
  out.end_array();
  out.member("changes_left_out", action.changes_left_out);
}

}  // namespace

std::span<const ActionMember> action_members() {
  return kMembers;
}

void write_action(JsonWriter& out, const Action& action) {
  out.begin_object();
  out.member("id", action.id);
  out.member("mode", action.mode);
  out.member("state", action.state);
  out.member("consent", action.consent);
  write_target(out, action.target);
  out.member("victim", some(action.victim));
  out.member("knob", action.knob);
  out.member("old", some(action.old_text));
  out.member("new", action.new_text);
  time_member(out, "applied_at", action.applied_wall_ns);
  time_member(out, "deadline", action.deadline_wall_ns);
  time_member(out, "ended_at", action.ended_wall_ns);
  out.member("ended_because", some(action.ended_because));
  out.member("expected_impact", some(action.expected.text));
  out.member("expected_p95_ratio", action.expected.p95_ratio);
  out.member("achieved_p95_ratio", action.measured ? action.measured->p95_ratio() : std::nullopt);
  out.member("verdict", action.verdict);
  out.member("verdict_because", some(action.verdict_because));
  out.member("account", some(action.account));
  write_measured(out, action.measured);
  list_member(out, "reasons", action.reasons);
  list_member(out, "guards", action.guards);
  list_member(out, "overridden", action.overridden);
  write_changes(out, action);
  out.member("undo", some(action.undo));
  out.end_object();
}

std::string action_json(const Action& action) {
  JsonWriter out(JsonStyle::kLine);
  write_action(out, action);
  return out.take();
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
