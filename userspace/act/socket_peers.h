// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace culprit {

/// Both ends of an established connection, ours first, as /proc/net/tcp writes them.
using SocketEnds = std::pair<std::string, std::string>;

/// Established connections of /proc/PID/net/tcp or tcp6, proc_pid_net(5), by the inode of the
/// socket. IPv4 within IPv6 is written as IPv4. Pure.
std::map<std::uint64_t, SocketEnds> parse_connections(std::string_view text);

/// Those of `suspects` that have a TCP connection with one of `victims`, in the victims' network
/// namespaces. `root` is "/" but in tests.
std::set<std::uint32_t> find_peers(const std::vector<std::uint32_t>& victims,
                                   const std::vector<std::uint32_t>& suspects,
                                   const std::filesystem::path& root = "/");

}  // namespace culprit
