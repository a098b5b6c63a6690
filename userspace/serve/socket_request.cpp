// SPDX-License-Identifier: Apache-2.0
#include "serve/socket_request.h"

#include <array>

#include "analyze/json_place.h"

namespace culprit {
namespace {

using Kind = SocketRequest::Kind;

constexpr std::size_t kMostIdBytes = 64;
constexpr std::uint64_t kMostPid = 1 << 22, kMostSteps = 100;
constexpr double kMostSeconds = 1800;

Result<SocketRequest> parse_change(const JsonPlace& place, Kind kind) {
  auto id = place.text();
  if (!id) return tl::unexpected<Error>(id.error());
  if (id->size() > kMostIdBytes) return place.wrong("the id of an action was expected");
  return SocketRequest{kind, std::move(*id)};
}

/// A number that a double holds whole.
Result<std::uint64_t> parse_whole(const JsonPlace& place) {
  if (!place.json().is_number_unsigned()) return place.wrong("a whole number was expected");
  return place.json().get<std::uint64_t>();
}

Status read_who(const JsonPlace& place, ThrottleWish& wish) {
  if (place.has("task") == place.has("pid"))
    return place.wrong("pid and start_time_ns, or task was expected");
  if (place.has("task")) {
    auto task = place.text("task");
    if (!task) return tl::unexpected<Error>(task.error());
    wish.task = std::move(*task);
    return {};
  }
  const auto pid = parse_whole(place["pid"]);
  if (!pid) return tl::unexpected<Error>(pid.error());
  if (!place.has("start_time_ns")) return place.wrong("start_time_ns was expected");
  const auto start = parse_whole(place["start_time_ns"]);
  if (!start) return tl::unexpected<Error>(start.error());
  if (*pid == 0 || *pid > kMostPid) return place["pid"].wrong("a pid was expected");
  wish.process = {static_cast<std::uint32_t>(*pid), *start};
  return {};
}

Result<SocketRequest> parse_wish(const JsonPlace& place, Kind kind) {
  if (Status known = place.keys({"pid", "start_time_ns", "task", "step", "knob", "for", "force"});
      !known)
    return tl::unexpected<Error>(known.error());
  ThrottleWish wish;
  if (Status read = read_who(place, wish); !read) return tl::unexpected<Error>(read.error());
  if (place.has("step")) {
    const auto step = parse_whole(place["step"]);
    if (!step || *step > kMostSteps) return place["step"].wrong("a step was expected");
    wish.step = static_cast<int>(*step);
  }
  if (place.has("knob")) {
    auto knob = place.text("knob");
    if (!knob) return tl::unexpected<Error>(knob.error());
    wish.knob = std::move(*knob);
  }
  if (place.has("for")) {
    const auto seconds = place["for"].number(1, kMostSeconds);
    if (!seconds) return tl::unexpected<Error>(seconds.error());
    wish.duration = std::chrono::nanoseconds(static_cast<std::int64_t>(*seconds * 1e9));
  }
  if (place.has("force")) {
    if (!place["force"].json().is_boolean())
      return place["force"].wrong("true or false was expected");
    wish.force = place["force"].json().get<bool>();
  }
  return SocketRequest{kind, "", std::move(wish)};
}

}  // namespace

Result<SocketRequest> parse_socket_request(std::string_view line) {
  constexpr std::string_view kFile = "request";
  const auto json = parse_rules_json(kFile, line);
  if (!json) return tl::unexpected<Error>(json.error());
  const JsonPlace place(*json, kFile);
  if (const Status known =
          place.keys({"get", "subscribe", "apply", "revert", "offer", "throttle", "schedule"});
      !known)
    return tl::unexpected<Error>(known.error());
  if (json->size() != 1)
    return place.wrong(
        "one key was expected: get, subscribe, apply, revert, offer, throttle or schedule");
  if (place.has("apply")) return parse_change(place["apply"], Kind::kApply);
  if (place.has("revert")) return parse_change(place["revert"], Kind::kRevert);
  if (place.has("offer")) return parse_wish(place["offer"], Kind::kOffer);
  if (place.has("throttle")) return parse_wish(place["throttle"], Kind::kThrottle);
  if (place.has("schedule")) {
    if (!place["schedule"].json().is_object())
      return place["schedule"].wrong("an object was expected");
    return SocketRequest{Kind::kSchedule, place["schedule"].json().dump(-1, ' ', true)};
  }
  if (place.has("get")) {
    constexpr std::array<Kind, 4> kGets = {Kind::kGetSnapshot, Kind::kGetStatus, Kind::kGetActions,
                                           Kind::kGetSchedule};
    const auto what = place["get"].one_of({"snapshot", "status", "actions", "schedule"});
    if (!what) return tl::unexpected<Error>(what.error());
    return SocketRequest{kGets[*what]};
  }
  const auto stream = place["subscribe"].one_of({"snapshots", "samples"});
  if (!stream) return tl::unexpected<Error>(stream.error());
  return SocketRequest{*stream == 0 ? Kind::kSubscribeSnapshots : Kind::kSubscribeSamples};
}

}  // namespace culprit
