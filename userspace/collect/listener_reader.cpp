// SPDX-License-Identifier: Apache-2.0
#include "collect/listener_reader.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <set>
#include <string>

namespace culprit {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kListening = 1u << 10;  // TCP_LISTEN of the kernel's tcp_states.h
constexpr std::size_t kBufferBytes = 32 * 1024;
constexpr std::size_t kMaxListeners = 4096;
constexpr std::size_t kMaxLinks = 100'000;
constexpr std::uint64_t kSearchPeriodNs = 10'000'000'000;
constexpr std::string_view kSocketLink = "socket:[";

template <typename T>
bool copy_from(std::string_view bytes, T& value) {
  if (bytes.size() < sizeof(T)) return false;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return true;
}

/// Length of a netlink message or attribute with its padding, within what there is.
std::size_t padded(std::size_t length, std::size_t available) {
  return std::min((length + 3) & ~std::size_t{3}, available);
}

std::string address_of(const inet_diag_msg& message) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool six = message.idiag_family == AF_INET6;
  inet_ntop(six ? AF_INET6 : AF_INET, message.id.idiag_src, text.data(), text.size());
  const std::string host = six ? "[" + std::string(text.data()) + "]" : std::string(text.data());
  return host + ":" + std::to_string(ntohs(message.id.idiag_sport));
}

std::optional<ListenerReading> parse_listener(std::string_view body) {
  inet_diag_msg message{};
  if (!copy_from(body, message)) return std::nullopt;
  ListenerReading listener;
  listener.address = address_of(message);
  listener.inode = message.idiag_inode;
  listener.queue = message.idiag_rqueue;
  listener.backlog = message.idiag_wqueue;
  body.remove_prefix(sizeof(message));
  for (rtattr attribute{}; copy_from(body, attribute);) {
    if (attribute.rta_len < sizeof(rtattr) || attribute.rta_len > body.size()) break;
    std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
    const std::string_view value = body.substr(sizeof(rtattr), attribute.rta_len - sizeof(rtattr));
    if (attribute.rta_type == INET_DIAG_SKMEMINFO && copy_from(value, memory))
      listener.drops = memory[SK_MEMINFO_DROPS];
    body.remove_prefix(padded(attribute.rta_len, body.size()));
  }
  return listener;
}

/// The number in "socket:[123]".
std::optional<std::uint64_t> socket_inode(const std::string& link) {
  if (link.rfind(kSocketLink, 0) != 0) return std::nullopt;
  std::uint64_t inode = 0;
  const auto [end, error] =
      std::from_chars(link.data() + kSocketLink.size(), link.data() + link.size(), inode);
  return error == std::errc{} ? std::optional(inode) : std::nullopt;
}

std::set<std::uint32_t> pids_of(const fs::path& proc) {
  std::set<std::uint32_t> pids;
  std::error_code error;
  for (fs::directory_iterator entry(proc, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    std::uint32_t pid = 0;
    const auto [rest, bad] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (bad == std::errc{} && rest == name.data() + name.size()) pids.insert(pid);
  }
  return pids;
}

}  // namespace

DiagEnd parse_listeners(std::string_view bytes, std::vector<ListenerReading>& listeners) {
  for (nlmsghdr header{}; copy_from(bytes, header);) {
    if (header.nlmsg_len < sizeof(nlmsghdr) || header.nlmsg_len > bytes.size())
      return DiagEnd::kFailed;
    if (header.nlmsg_type == NLMSG_DONE) return DiagEnd::kDone;
    if (header.nlmsg_type == NLMSG_ERROR) return DiagEnd::kFailed;
    if (header.nlmsg_type == SOCK_DIAG_BY_FAMILY && listeners.size() < kMaxListeners) {
      auto listener =
          parse_listener(bytes.substr(sizeof(nlmsghdr), header.nlmsg_len - sizeof(nlmsghdr)));
      if (listener) listeners.push_back(std::move(*listener));
    }
    bytes.remove_prefix(padded(header.nlmsg_len, bytes.size()));
  }
  return DiagEnd::kMore;
}

ListenerReader::ListenerReader(fs::path root)
    : root_(std::move(root)),
      socket_(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)),
      buffer_(kBufferBytes) {
  // A kernel that does not answer must not hold the tick up.
  const timeval patience = {0, 100'000};
  if (socket_) ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

bool ListenerReader::dump(std::uint8_t family, std::vector<ListenerReading>& listeners) {
  struct {
    nlmsghdr header;
    inet_diag_req_v2 request;
  } message{};
  message.header.nlmsg_len = sizeof(message);
  message.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  message.request.sdiag_family = family;
  message.request.sdiag_protocol = IPPROTO_TCP;
  message.request.idiag_ext = 1u << (INET_DIAG_SKMEMINFO - 1);
  message.request.idiag_states = kListening;
  if (::send(socket_.get(), &message, sizeof(message), 0) != sizeof(message)) return false;
  for (;;) {
    const ssize_t size = ::recv(socket_.get(), buffer_.data(), buffer_.size(), 0);
    if (size <= 0) return false;
    const DiagEnd end =
        parse_listeners({buffer_.data(), static_cast<std::size_t>(size)}, listeners);
    if (end != DiagEnd::kMore) return end == DiagEnd::kDone;
  }
}

std::vector<ListenerReading> ListenerReader::read(std::uint64_t now_ns) {
  std::vector<ListenerReading> listeners;
  if (!socket_) return listeners;
  if (!dump(AF_INET, listeners)) {
    socket_ = Fd();  // no TCP in this kernel's sock_diag: do not ask again
    return {};
  }
  dump(AF_INET6, listeners);
  find_owners(listeners, now_ns);
  return listeners;
}

void ListenerReader::search_owners() {
  owners_.clear();
  std::size_t links = 0;
  for (const std::uint32_t pid : pids_of(root_ / "proc")) {
    std::error_code error;
    const fs::path directory = root_ / "proc" / std::to_string(pid) / "fd";
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
      if (++links > kMaxLinks) return;
      std::error_code gone;
      const auto inode = socket_inode(fs::read_symlink(entry->path(), gone).string());
      if (inode) owners_.try_emplace(*inode, pid);  // pids come in order: the lowest stays
    }
  }
}

void ListenerReader::find_owners(std::vector<ListenerReading>& listeners, std::uint64_t now_ns) {
  const auto is_new = [&](const ListenerReading& one) { return !owners_.count(one.inode); };
  const bool due = !searched_ns_ || now_ns - *searched_ns_ >= kSearchPeriodNs;
  if (due && std::any_of(listeners.begin(), listeners.end(), is_new)) {
    search_owners();
    searched_ns_ = now_ns;
    std::erase_if(owners_, [&](const auto& owner) {
      return std::none_of(listeners.begin(), listeners.end(),
                          [&](const auto& one) { return one.inode == owner.first; });
    });
  }
  for (ListenerReading& listener : listeners) {
    const auto owner = owners_.find(listener.inode);
    if (owner != owners_.end()) listener.pid = owner->second;
  }
}

}  // namespace culprit
