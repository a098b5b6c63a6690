// SPDX-License-Identifier: Apache-2.0
#include "collect/socket_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace culprit {
namespace {

/// The first bytes of an IPv4 address among the 16 of either family.
constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool is_v4(const std::uint8_t* address) {
  return std::memcmp(address, kMapped.data(), kMapped.size()) == 0;
}

std::string unix_path(const connection_record& record) {
  const std::size_t size = std::min<std::size_t>(record.path_size, sizeof(record.path));
  if (size == 0) return {};
  const bool abstract = record.path[0] == '\0';
  std::string path(record.path, abstract ? size : strnlen(record.path, size));
  if (abstract) path[0] = '@';
  for (char& character : path)
    if (static_cast<unsigned char>(character) < 0x20 || character == 0x7f) character = '?';
  return path;
}

}  // namespace

std::string internet_address(const std::uint8_t* address, std::uint16_t port) {
  const bool v4 = is_v4(address);
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? address + kMapped.size() : address, text.data(),
            text.size());
  const std::string host(text.data());
  return (v4 ? host : "[" + host + "]") + ":" + std::to_string(port);
}

void name_ends(const connection_record& record, std::string& local, std::string& remote) {
  if (record.family != AF_UNIX) {
    local = internet_address(record.local_address, record.local_port);
    remote = internet_address(record.remote_address, record.remote_port);
    return;
  }
  local.clear();
  remote.clear();
  (record.path_from_peer ? remote : local) = unix_path(record);
}

bool is_within_host(const connection_record& record) {
  constexpr std::uint8_t kLoopbackNet = 127;
  const std::uint8_t* remote = record.remote_address;
  return record.family == AF_UNIX ||
         std::memcmp(record.local_address, remote, sizeof(record.local_address)) == 0 ||
         (is_v4(remote) && remote[kMapped.size()] == kLoopbackNet);
}

}  // namespace culprit
