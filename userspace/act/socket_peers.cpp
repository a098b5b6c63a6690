// SPDX-License-Identifier: Apache-2.0
#include "act/socket_peers.h"

#include <unistd.h>

#include <array>
#include <optional>
#include <system_error>

#include "collect/text_file.h"
#include "collect/text_scan.h"

namespace culprit {
namespace {

constexpr std::size_t kTableLimit = 64 << 20;
constexpr std::string_view kEstablished = "01";

std::string plain_end(std::string_view address) {
  constexpr std::string_view kMapped = "0000000000000000FFFF0000";
  if (address.starts_with(kMapped)) address.remove_prefix(kMapped.size());
  return std::string(address);
}

std::optional<std::uint64_t> socket_inode(const std::filesystem::path& link) {
  std::array<char, 64> target{};
  const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
  std::string_view text(target.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  constexpr std::string_view kPrefix = "socket:[";
  if (!text.starts_with(kPrefix) || !text.ends_with(']')) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  text.remove_suffix(1);
  return to_number<std::uint64_t>(text);
}

/// Ends of the connections that a process has open.
std::vector<SocketEnds> connections_of(std::uint32_t pid,
                                       const std::map<std::uint64_t, SocketEnds>& known,
                                       const std::filesystem::path& root) {
  std::vector<SocketEnds> found;
  std::error_code error;
  std::filesystem::directory_iterator entry(root / "proc" / std::to_string(pid) / "fd", error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
    if (const auto inode = socket_inode(entry->path()))
      if (const auto ends = known.find(*inode); ends != known.end()) found.push_back(ends->second);
  return found;
}

/// "net:[…]"; its pid for a process of which that is not known.
std::string network_of(std::uint32_t pid, const std::filesystem::path& root) {
  std::error_code error;
  const auto name =
      std::filesystem::read_symlink(root / "proc" / std::to_string(pid) / "ns/net", error);
  return error ? std::to_string(pid) : name.string();
}

/// The kernel looks through all of its buckets for it, which takes milliseconds.
std::map<std::uint64_t, SocketEnds> table_of(std::uint32_t pid, const std::filesystem::path& root) {
  std::map<std::uint64_t, SocketEnds> all;
  TextReader reader(kTableLimit);
  for (const char* file : {"net/tcp", "net/tcp6"})
    if (const auto text = reader.read(root / "proc" / std::to_string(pid) / file))
      all.merge(parse_connections(*text));
  return all;
}

}  // namespace

std::map<std::uint64_t, SocketEnds> parse_connections(std::string_view text) {
  std::map<std::uint64_t, SocketEnds> found;
  std::string_view line;
  while (next_line(text, line)) {
    skip_words(line, 1);
    const std::string_view local = next_word(line), remote = next_word(line);
    if (next_word(line) != kEstablished) continue;
    skip_words(line, 5);
    if (const auto inode = next_number<std::uint64_t>(line); inode && *inode != 0)
      found[*inode] = {plain_end(local), plain_end(remote)};
  }
  return found;
}

std::set<std::uint32_t> find_peers(const std::vector<std::uint32_t>& victims,
                                   const std::vector<std::uint32_t>& suspects,
                                   const std::filesystem::path& root) {
  std::set<std::uint32_t> peers;
  std::map<std::string, std::map<std::uint64_t, SocketEnds>> tables;  // by network namespace
  for (const std::uint32_t victim : victims) {
    const auto [table, is_new] = tables.try_emplace(network_of(victim, root));
    if (is_new) table->second = table_of(victim, root);
    const auto& known = table->second;
    std::set<SocketEnds> ends;
    for (auto& [local, remote] : connections_of(victim, known, root)) ends.emplace(remote, local);
    for (const std::uint32_t suspect : suspects)
      for (const SocketEnds& connection : connections_of(suspect, known, root))
        if (ends.count(connection)) peers.insert(suspect);
  }
  return peers;
}

}  // namespace culprit
