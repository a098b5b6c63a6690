// SPDX-License-Identifier: Apache-2.0
#include "collect/socket_diag.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace culprit {
namespace {

constexpr std::size_t kBufferBytes = 32 * 1024;

template <typename T>
bool copy_from(std::string_view bytes, T& value) {
  if (bytes.size() < sizeof(T)) return false;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return true;
}

}  // namespace

DiagEnd parse_sockets(std::string_view bytes, const DiagSocket& each) {
  for (nlmsghdr header{}; copy_from(bytes, header);) {
    if (header.nlmsg_len < sizeof(nlmsghdr) || header.nlmsg_len > bytes.size())
      return DiagEnd::kFailed;
    if (header.nlmsg_type == NLMSG_DONE) return DiagEnd::kDone;
    if (header.nlmsg_type == NLMSG_ERROR) return DiagEnd::kFailed;
    const std::string_view body = bytes.substr(sizeof(header), header.nlmsg_len - sizeof(header));
    inet_diag_msg message{};
    if (header.nlmsg_type == SOCK_DIAG_BY_FAMILY && copy_from(body, message))
      each(message, body.substr(sizeof(message)));
    bytes.remove_prefix(std::min<std::size_t>((header.nlmsg_len + 3u) & ~3u, bytes.size()));
  }
  return DiagEnd::kMore;
}

std::string diag_host(std::uint8_t family, const std::uint32_t* address) {
  const bool mapped =
      family == AF_INET6 && !address[0] && !address[1] && address[2] == htonl(0xffff);
  const bool six = family == AF_INET6 && !mapped;
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(six ? AF_INET6 : AF_INET, mapped ? address + 3 : address, text.data(), text.size());
  return six ? "[" + std::string(text.data()) + "]" : std::string(text.data());
}

SocketDiag::SocketDiag()
    : socket_(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)),
      buffer_(kBufferBytes) {
  // A kernel that does not answer must not hold the tick up.
  const timeval patience = {0, 100'000};
  if (socket_) ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

bool SocketDiag::dump(std::uint8_t family, std::uint32_t states, std::uint8_t extensions,
                      const DiagSocket& each) {
  struct {
    nlmsghdr header;
    inet_diag_req_v2 request;
  } message{};
  message.header.nlmsg_len = sizeof(message);
  message.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  message.request.sdiag_family = family;
  message.request.sdiag_protocol = IPPROTO_TCP;
  message.request.idiag_ext = extensions;
  message.request.idiag_states = states;
  if (::send(socket_.get(), &message, sizeof(message), 0) != sizeof(message)) return false;
  for (;;) {
    const ssize_t size = ::recv(socket_.get(), buffer_.data(), buffer_.size(), 0);
    if (size <= 0) return false;
    const DiagEnd end = parse_sockets({buffer_.data(), static_cast<std::size_t>(size)}, each);
    if (end != DiagEnd::kMore) return end == DiagEnd::kDone;
  }
}

}  // namespace culprit
