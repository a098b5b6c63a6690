// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "act/timetable.h"
#include "serve/json_writer.h"
#include "util/duration.h"
#include "util/rfc3339.h"
#include "util/when.h"

namespace culprit {
namespace {

using nlohmann::json;
using State = PlannedThrottle::State;

constexpr std::size_t kMostTextBytes = 256;

Result<std::string> text_of(const json& object, const std::string& pointer, const char* key) {
  if (!object.contains(key) || !object[key].is_string() || object[key].get<std::string>().empty() ||
      object[key].get<std::string>().size() > kMostTextBytes)
    return misuse(pointer + "/" + key + ": a text was expected");
  return object[key].get<std::string>();
}

Status read_knob(const json& object, const std::string& pointer, PlannedThrottle& plan) {
  for (const KnobOption& knob : knob_options()) {
    if (!object.contains(knob.name)) continue;
    if (!plan.knob.empty()) return misuse(pointer + ": one knob was expected");
    const auto value = text_of(object, pointer, knob.name);
    if (!value) return tl::unexpected<Error>(value.error());
    plan.knob = knob.name;
    plan.value = *value;
  }
  if (plan.knob.empty()) return misuse(pointer + ": a knob such as cpu was expected");
  return {};
}

/// The members of a plan that a person gives.
Result<PlannedThrottle> read_plan(const json& object, const std::string& pointer) {
  if (!object.is_object()) return misuse(pointer + ": an object was expected");
  PlannedThrottle plan;
  if (const Status knob = read_knob(object, pointer, plan); !knob)
    return tl::unexpected<Error>(knob.error());
  const auto target = text_of(object, pointer, "target");
  if (!target) return tl::unexpected<Error>(target.error());
  plan.target = *target;
  const auto at = text_of(object, pointer, "at");
  if (!at) return tl::unexpected<Error>(at.error());
  const auto time = parse_when(*at, 0);
  if (!time || at->find('T') == std::string::npos)
    return misuse(pointer + "/at: a time such as 2026-11-25T14:05:00Z was expected");
  plan.at_wall_ns = *time;
  const auto length = text_of(object, pointer, "for");
  if (!length) return tl::unexpected<Error>(length.error());
  const auto duration = parse_duration(*length);
  if (!duration) return misuse(pointer + "/for: " + duration.error().message);
  plan.duration_ns = duration->count();
  if (object.contains("force")) {
    if (!object["force"].is_boolean())
      return misuse(pointer + "/force: true or false was expected");
    plan.force = object["force"].get<bool>();
  }
  return plan;
}

Result<PlannedThrottle> read_kept_plan(const json& object, const std::string& pointer) {
  auto plan = read_plan(object, pointer);
  if (!plan) return plan;
  const auto id = text_of(object, pointer, "id");
  if (!id) return tl::unexpected<Error>(id.error());
  plan->id = *id;
  const auto state = text_of(object, pointer, "state");
  if (!state) return tl::unexpected<Error>(state.error());
  for (const State one : {State::kWaiting, State::kRunning, State::kOver})
    if (*state == plan_state_name(one)) plan->state = one;
  if (object.contains("lease") && object["lease"].is_string()) plan->lease = object["lease"];
  if (object.contains("note") && object["note"].is_string()) plan->note = object["note"];
  return plan;
}

Status read_windows(const json& document, const char* key, std::vector<WeekWindow>& windows) {
  if (!document.contains(key) || !document[key].is_array()) return {};
  for (const json& one : document[key]) {
    const auto window = parse_week_window(one.is_string() ? one.get<std::string>() : "");
    if (!window) return misuse(std::string("/") + key + ": " + window.error().message);
    windows.push_back(*window);
  }
  return {};
}

void write_plan(JsonWriter& out, const PlannedThrottle& plan) {
  out.begin_object();
  out.member("id", plan.id);
  out.member("target", plan.target);
  out.member(plan.knob, plan.value);
  out.member("at", rfc3339(plan.at_wall_ns));
  out.member("for", std::to_string(plan.duration_ns / 1'000'000'000) + "s");
  out.member("force", plan.force);
  out.member("state", plan_state_name(plan.state));
  out.member("lease", plan.lease.empty() ? std::nullopt : std::optional(plan.lease));
  out.member("note", plan.note.empty() ? std::nullopt : std::optional(plan.note));
  out.end_object();
}

void write_windows(JsonWriter& out, const char* key, const std::vector<WeekWindow>& windows) {
  out.key(key);
  out.begin_array();
  for (const WeekWindow& window : windows) out.value(window.text);
  out.end_array();
}

}  // namespace

std::string Timetable::text() const {
  JsonWriter out(JsonStyle::kLine);
  out.begin_object();
  out.member("schema", "culprit.schedule/1");
  out.key("plans");
  out.begin_array();
  for (const PlannedThrottle& plan : plans_) write_plan(out, plan);
  out.end_array();
  write_windows(out, "allow", windows_.allow);
  write_windows(out, "forbid", windows_.forbid);
  out.member("next", next_id_);
  out.member("boot_id",
             plans_.empty() || boot_id_.empty() ? std::nullopt : std::optional(boot_id_));
  out.end_object();
  return out.take();
}

Result<Timetable> Timetable::parse(std::string_view text) {
  const json document = json::parse(text, nullptr, false);
  if (!document.is_object()) return misuse("/: an object was expected");
  Timetable table;
  if (document.contains("next") && document["next"].is_number_unsigned())
    table.next_id_ = document["next"];
  if (document.contains("boot_id") && document["boot_id"].is_string())
    table.boot_id_ = document["boot_id"];
  if (document.contains("plans") && document["plans"].is_array())
    for (std::size_t index = 0; index < document["plans"].size(); ++index) {
      auto plan = read_kept_plan(document["plans"][index], "/plans/" + std::to_string(index));
      if (!plan) return tl::unexpected<Error>(plan.error());
      table.plans_.push_back(std::move(*plan));
    }
  if (Status read = read_windows(document, "allow", table.windows_.allow); !read)
    return tl::unexpected<Error>(read.error());
  if (Status read = read_windows(document, "forbid", table.windows_.forbid); !read)
    return tl::unexpected<Error>(read.error());
  return table;
}

Result<std::string> Timetable::change(std::string_view request, std::int64_t now_wall_ns) {
  const json document = json::parse(request, nullptr, false);
  if (!document.is_object() || document.size() != 1)
    return misuse("/schedule: one key was expected: add, allow, forbid or remove");
  const std::string key = document.begin().key();
  if (key == "add") {
    auto plan = read_plan(document["add"], "/add");
    if (!plan) return tl::unexpected<Error>(plan.error());
    return add(std::move(*plan), now_wall_ns);
  }
  if (key != "allow" && key != "forbid" && key != "remove")
    return misuse("/schedule: add, allow, forbid or remove was expected");
  const auto text = text_of(document, "", key.c_str());
  if (!text) return text;
  if (key == "remove") return remove(*text);
  const auto window = parse_week_window(*text);
  if (!window) return tl::unexpected<Error>(window.error());
  (key == "allow" ? windows_.allow : windows_.forbid).push_back(*window);
  return *text;
}

}  // namespace culprit
