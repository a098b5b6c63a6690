// SPDX-License-Identifier: Apache-2.0
#include "collect/listener_reader.h"

#include <arpa/inet.h>
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
constexpr std::size_t kMaxListeners = 4096;
constexpr std::size_t kMaxLinks = 100'000;
constexpr std::uint64_t kSearchPeriodNs = 10'000'000'000;
constexpr std::string_view kSocketLink = "socket:[";

/// Of the attribute INET_DIAG_SKMEMINFO; 0 when it is not there.
std::uint64_t drops_of(std::string_view attributes) {
  for (rtattr attribute{}; attributes.size() >= sizeof(attribute);) {
    std::memcpy(&attribute, attributes.data(), sizeof(attribute));
    if (attribute.rta_len < sizeof(rtattr) || attribute.rta_len > attributes.size()) break;
    std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
    if (attribute.rta_type == INET_DIAG_SKMEMINFO &&
        attribute.rta_len >= sizeof(rtattr) + sizeof(memory)) {
      std::memcpy(&memory, attributes.data() + sizeof(rtattr), sizeof(memory));
      return memory[SK_MEMINFO_DROPS];
    }
    attributes.remove_prefix(
        std::min<std::size_t>((attribute.rta_len + 3u) & ~3u, attributes.size()));
  }
  return 0;
}

ListenerReading listener_of(const inet_diag_msg& socket, std::string_view attributes) {
  ListenerReading listener;
  listener.address = diag_host(socket.idiag_family, socket.id.idiag_src) + ":" +
                     std::to_string(ntohs(socket.id.idiag_sport));
  listener.inode = socket.idiag_inode;
  listener.queue = socket.idiag_rqueue;
  listener.backlog = socket.idiag_wqueue;
  listener.drops = drops_of(attributes);
  return listener;
}

DiagSocket adder(std::vector<ListenerReading>& listeners) {
  return [&listeners](const inet_diag_msg& socket, std::string_view attributes) {
    if (listeners.size() < kMaxListeners) listeners.push_back(listener_of(socket, attributes));
  };
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
  return parse_sockets(bytes, adder(listeners));
}

ListenerReader::ListenerReader(fs::path root) : root_(std::move(root)) {}

std::vector<ListenerReading> ListenerReader::read(std::uint64_t now_ns) {
  std::vector<ListenerReading> listeners;
  if (!diag_) return listeners;
  constexpr std::uint8_t kMemory = 1u << (INET_DIAG_SKMEMINFO - 1);
  if (!diag_.dump(AF_INET, kListening, kMemory, adder(listeners))) {
    diag_.close();  // no TCP in this kernel's sock_diag: do not ask again
    return {};
  }
  diag_.dump(AF_INET6, kListening, kMemory, adder(listeners));
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
