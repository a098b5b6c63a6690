// SPDX-License-Identifier: Apache-2.0
#include "util/unix_socket.h"

#include <cstddef>
#include <cstring>

namespace culprit {

std::optional<UnixAddress> unix_address(std::string_view path) {
  UnixAddress address;
  address.name.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.name.sun_path) ||
      path.find('\0') != std::string_view::npos)
    return std::nullopt;
  std::memcpy(address.name.sun_path, path.data(), path.size());
  address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  if (path.front() == '@')
    address.name.sun_path[0] = '\0';
  else
    ++address.size;  // with the NUL at its end
  return address;
}

}  // namespace culprit
