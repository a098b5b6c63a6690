// SPDX-License-Identifier: Apache-2.0
#include "serve/socket_request.h"

#include "analyze/json_place.h"

namespace culprit {

Result<SocketRequest> parse_socket_request(std::string_view line) {
  constexpr std::string_view kFile = "request";
  const auto json = parse_rules_json(kFile, line);
  if (!json) return tl::unexpected<Error>(json.error());
  const JsonPlace place(*json, kFile);
  if (const Status known = place.keys({"get", "subscribe"}); !known)
    return tl::unexpected<Error>(known.error());
  if (json->size() != 1) return place.wrong("one key was expected, get or subscribe");
  if (place.has("get")) {
    const auto what = place["get"].one_of({"snapshot", "status"});
    if (!what) return tl::unexpected<Error>(what.error());
    return *what == 0 ? SocketRequest::kGetSnapshot : SocketRequest::kGetStatus;
  }
  const auto stream = place["subscribe"].one_of({"snapshots", "samples"});
  if (!stream) return tl::unexpected<Error>(stream.error());
  return *stream == 0 ? SocketRequest::kSubscribeSnapshots : SocketRequest::kSubscribeSamples;
}

}  // namespace culprit
