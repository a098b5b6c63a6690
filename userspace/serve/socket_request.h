// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "model/throttle_wish.h"
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
    kGetSchedule,
    kApply,
    kRevert,
    kOffer,
    kThrottle,
    kSchedule,
  };
  Kind kind = Kind::kGetStatus;
  /// Of what is to be applied or reverted; of kSchedule the change, JSON.
  std::string id = {};
  ThrottleWish wish = {};  ///< that an offer is wanted for, or that is to be fulfilled

  /// Only root may ask for it.
  bool changes() const { return kind >= Kind::kApply; }
  bool operator==(const SocketRequest&) const = default;
};

/// Reads one line, without its end, out of bytes that nobody vouches for. An error names the
/// JSON pointer and what was expected there.
Result<SocketRequest> parse_socket_request(std::string_view line);

}  // namespace culprit
