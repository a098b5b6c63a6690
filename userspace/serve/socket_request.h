// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "util/result.h"

namespace culprit {

/// What a client of the daemon can ask for (docs/socket.md).
enum class SocketRequest { kGetSnapshot, kGetStatus, kSubscribeSnapshots, kSubscribeSamples };

/// Reads one line, without its end, out of bytes that nobody vouches for. An error names the
/// JSON pointer and what was expected there.
Result<SocketRequest> parse_socket_request(std::string_view line);

}  // namespace culprit
