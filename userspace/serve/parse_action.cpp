// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "serve/json_action.h"
#include "util/when.h"

namespace culprit {
namespace {

using nlohmann::json;

constexpr std::size_t kMostActions = 10'000;

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

template <class Number>
std::optional<Number> number_of(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return std::nullopt;
  if constexpr (std::is_floating_point_v<Number>) {
    if (!found->is_number()) return std::nullopt;
  } else if (!found->is_number_unsigned()) {
    return std::nullopt;
  }
  return found->get<Number>();
}

std::optional<std::int64_t> time_of(const json& object, const char* key) {
  const std::string text = text_of(object, key);
  if (text.empty()) return std::nullopt;
  const auto time = parse_when(text, 0);
  return time ? std::optional(*time) : std::nullopt;
}

std::vector<std::string> texts_of(const json& object, const char* key) {
  std::vector<std::string> texts;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return texts;
  for (const json& text : *found)
    if (text.is_string()) texts.push_back(text.get<std::string>());
  return texts;
}

LeaseTarget target_of(const json& object) {
  const json& target = object.at("target");
  LeaseTarget found;
  found.kind = text_of(target, "kind");
  found.name = text_of(target, "name");
  found.pid = number_of<std::uint32_t>(target, "pid");
  found.start_time_ns = number_of<std::uint64_t>(target, "start_time_ns");
  return found;
}

std::optional<MeasuredImpact> measured_of(const json& object) {
  const auto found = object.find("measured");
  if (found == object.end() || !found->is_object()) return std::nullopt;
  MeasuredImpact measured;
  measured.before_seconds = number_of<double>(*found, "before_p95_seconds").value_or(0);
  measured.after_seconds = number_of<double>(*found, "after_p95_seconds").value_or(0);
  measured.before_intervals = number_of<std::uint64_t>(*found, "before_intervals").value_or(0);
  measured.after_intervals = number_of<std::uint64_t>(*found, "after_intervals").value_or(0);
  measured.chance = number_of<double>(*found, "chance").value_or(1);
  return measured;
}

std::vector<ActionChange> changes_of(const json& object) {
  std::vector<ActionChange> changes;
  const auto found = object.find("changes");
  if (found == object.end() || !found->is_array()) return changes;
  for (const json& one : *found) {
    if (!one.is_object()) continue;
    ActionChange change{text_of(one, "place"), text_of(one, "old"), text_of(one, "intended"),
                        std::nullopt, text_of(one, "undone")};
    if (one.contains("applied") && one["applied"].is_string()) change.applied = one["applied"];
    changes.push_back(std::move(change));
  }
  return changes;
}

Result<Action> action_from(const json& object, const std::string& pointer) {
  if (!object.is_object()) return fail(pointer + ": an action was expected");
  for (const char* key : {"id", "mode", "state", "knob", "new"})
    if (!object.contains(key) || !object[key].is_string())
      return fail(pointer + "/" + key + ": a text was expected");
  if (!object.contains("target") || !object["target"].is_object())
    return fail(pointer + "/target: an object was expected");
  Action action;
  action.id = text_of(object, "id");
  action.mode = text_of(object, "mode");
  action.state = text_of(object, "state");
  action.consent = text_of(object, "consent");
  action.target = target_of(object);
  action.victim = text_of(object, "victim");
  action.knob = text_of(object, "knob");
  action.old_text = text_of(object, "old");
  action.new_text = text_of(object, "new");
  action.applied_wall_ns = time_of(object, "applied_at");
  action.deadline_wall_ns = time_of(object, "deadline");
  action.ended_wall_ns = time_of(object, "ended_at");
  action.ended_because = text_of(object, "ended_because");
  action.expected = {text_of(object, "expected_impact"),
                     number_of<double>(object, "expected_p95_ratio")};
  if (const std::string verdict = text_of(object, "verdict"); !verdict.empty())
    action.verdict = verdict;
  action.verdict_because = text_of(object, "verdict_because");
  action.account = text_of(object, "account");
  action.measured = measured_of(object);
  action.reasons = texts_of(object, "reasons");
  action.guards = texts_of(object, "guards");
  action.overridden = texts_of(object, "overridden");
  action.changes = changes_of(object);
  action.changes_left_out = number_of<std::uint64_t>(object, "changes_left_out").value_or(0);
  action.undo = text_of(object, "undo");
  return action;
}

}  // namespace

Result<Action> parse_action(std::string_view text) {
  const json document = json::parse(text, nullptr, false);
  if (document.is_discarded()) return fail("/: JSON was expected");
  return action_from(document, "");
}

Result<std::vector<Action>> parse_actions(std::string_view text) {
  const json document = json::parse(text, nullptr, false);
  if (!document.is_object() || !document.contains("actions") || !document["actions"].is_array())
    return fail("/actions: an array was expected");
  const json& list = document["actions"];
  if (list.size() > kMostActions) return fail("/actions: too many");
  std::vector<Action> actions;
  for (std::size_t index = 0; index < list.size(); ++index) {
    auto action = action_from(list[index], "/actions/" + std::to_string(index));
    if (!action) return tl::unexpected<Error>(action.error());
    actions.push_back(std::move(*action));
  }
  return actions;
}

}  // namespace culprit
