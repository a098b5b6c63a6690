// SPDX-License-Identifier: Apache-2.0
#include "serve/socket_request.h"

#include <array>

#include "analyze/json_place.h"

namespace culprit {
namespace {

using Kind = SocketRequest::Kind;

constexpr std::size_t kMostIdBytes = 64;

Result<SocketRequest> parse_change(const JsonPlace& place, Kind kind) {
  auto id = place.text();
  if (!id) return tl::unexpected<Error>(id.error());
  if (id->size() > kMostIdBytes) return place.wrong("the id of an action was expected");
  return SocketRequest{kind, std::move(*id)};
}

}  // namespace

Result<SocketRequest> parse_socket_request(std::string_view line) {
  constexpr std::string_view kFile = "request";
  const auto json = parse_rules_json(kFile, line);
  if (!json) return tl::unexpected<Error>(json.error());
  const JsonPlace place(*json, kFile);
  if (const Status known = place.keys({"get", "subscribe", "apply", "revert"}); !known)
    return tl::unexpected<Error>(known.error());
  if (json->size() != 1)
    return place.wrong("one key was expected: get, subscribe, apply or revert");
  if (place.has("apply")) return parse_change(place["apply"], Kind::kApply);
  if (place.has("revert")) return parse_change(place["revert"], Kind::kRevert);
  if (place.has("get")) {
    constexpr std::array<Kind, 3> kGets = {Kind::kGetSnapshot, Kind::kGetStatus, Kind::kGetActions};
    const auto what = place["get"].one_of({"snapshot", "status", "actions"});
    if (!what) return tl::unexpected<Error>(what.error());
    return SocketRequest{kGets[*what], ""};
  }
  const auto stream = place["subscribe"].one_of({"snapshots", "samples"});
  if (!stream) return tl::unexpected<Error>(stream.error());
  return SocketRequest{*stream == 0 ? Kind::kSubscribeSnapshots : Kind::kSubscribeSamples, ""};
}

}  // namespace culprit
