// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/inet_diag.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "util/fd.h"

namespace culprit {

/// What a batch of netlink messages ended with.
enum class DiagEnd { kMore, kDone, kFailed };

/// One socket: its message, and the attributes behind it.
using DiagSocket = std::function<void(const inet_diag_msg&, std::string_view attributes)>;

/// Calls `each` for the sockets that `bytes` describe, sock_diag(7). A message that is cut or of
/// another kind is left out.
DiagEnd parse_sockets(std::string_view bytes, const DiagSocket& each);

/// "127.0.0.1", "[::1]"; an IPv4 address within an IPv6 one is shown as IPv4.
std::string diag_host(std::uint8_t family, const std::uint32_t* address);

/// Asks the kernel for the TCP sockets of our network namespace.
class SocketDiag {
 public:
  SocketDiag();

  /// Those of a family in one of `states` (bits by number of the state), with extensions (bits
  /// by INET_DIAG_…). False: not all of them came, or the kernel has no sock_diag for TCP.
  bool dump(std::uint8_t family, std::uint32_t states, std::uint8_t extensions,
            const DiagSocket& each);

  explicit operator bool() const { return static_cast<bool>(socket_); }
  void close() { socket_ = Fd(); }

 private:
  Fd socket_;
  std::vector<char> buffer_;
};

}  // namespace culprit
