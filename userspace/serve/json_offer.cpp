// SPDX-License-Identifier: Apache-2.0
#include "serve/json_offer.h"

#include <nlohmann/json.hpp>

#include "serve/json_writer.h"

namespace culprit {

std::string wish_request(const ThrottleWish& wish, bool only_offer) {
  JsonWriter out(JsonStyle::kLine);
  out.begin_object();
  out.key(only_offer ? "offer" : "throttle");
  out.begin_object();
  if (wish.task.empty()) {
    out.member("pid", wish.process.pid);
    out.member("start_time_ns", wish.process.start_time_ns);
  } else {
    out.member("task", wish.task);
  }
  out.member("step", wish.step);
  if (!wish.knob.empty()) out.member("knob", wish.knob);
  out.member("for", std::chrono::duration<double>(wish.duration).count());
  out.member("force", wish.force);
  out.end_object();
  out.end_object();
  return out.take();
}

std::string offer_json(const ThrottleOffer& offer) {
  JsonWriter out(JsonStyle::kLine);
  out.begin_object();
  out.member("schema", "culprit.offer/1");
  out.member("step", offer.step);
  out.member("steps", offer.steps);
  out.member("who", offer.who);
  out.member("knob", offer.knob);
  out.member("old", offer.old_text);
  out.member("new", offer.new_text);
  out.member("impossible", offer.impossible);
  out.key("objections");
  out.begin_array();
  for (const Objection& objection : offer.objections) {
    out.begin_object();
    out.member("name", objection.name);
    out.member("reason", objection.reason);
    out.member("absolute", objection.absolute);
    out.end_object();
  }
  out.end_array();
  out.end_object();
  return out.take();
}

Result<ThrottleOffer> parse_offer(std::string_view text) {
  try {
    const auto json = nlohmann::json::parse(text);
    ThrottleOffer offer;
    json.at("step").get_to(offer.step);
    json.at("steps").get_to(offer.steps);
    json.at("who").get_to(offer.who);
    json.at("knob").get_to(offer.knob);
    json.at("old").get_to(offer.old_text);
    json.at("new").get_to(offer.new_text);
    json.at("impossible").get_to(offer.impossible);
    for (const auto& one : json.at("objections"))
      offer.objections.push_back({one.at("name").get<std::string>(),
                                  one.at("reason").get<std::string>(),
                                  one.at("absolute").get<bool>()});
    return offer;
  } catch (const nlohmann::json::exception& error) {
    return fail(std::string("an offer was expected: ") + error.what());
  }
}

}  // namespace culprit
