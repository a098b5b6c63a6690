// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "util/result.h"

namespace culprit {

/// What a client of the daemon asks for (docs/socket.md).
struct SocketRequest {
  enum class Kind {
    kGetSnapshot,
    kGetStatus,
    kSubscribeSnapshots,
    kSubscribeSamples,
    kGetActions,
    kApply,
    kRevert,
  };
  Kind kind = Kind::kGetStatus;
  std::string id;  ///< of what is to be applied or reverted

  bool changes() const { return kind == Kind::kApply || kind == Kind::kRevert; }
  /// Only the sampling loop knows the answer.
  bool is_for_loop() const { return kind == Kind::kGetActions || changes(); }
  bool operator==(const SocketRequest&) const = default;
};

/// Reads one line, without its end, out of bytes that nobody vouches for. An error names the
/// JSON pointer and what was expected there.
Result<SocketRequest> parse_socket_request(std::string_view line);

}  // namespace culprit
