// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <optional>
#include <string_view>

namespace culprit {

/// Address of a Unix socket. "@NAME" is in the abstract namespace, as systemd writes it.
struct UnixAddress {
  sockaddr_un name{};
  socklen_t size = 0;
  const sockaddr* generic() const { return reinterpret_cast<const sockaddr*>(&name); }
};

/// nullopt: the kernel takes no path that is so long, or it is empty.
std::optional<UnixAddress> unix_address(std::string_view path);

}  // namespace culprit
