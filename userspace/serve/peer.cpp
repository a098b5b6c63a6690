// SPDX-License-Identifier: Apache-2.0
#include "serve/peer.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <vector>

namespace culprit {
namespace {

constexpr std::size_t kMostGroups = 65536;  // NGROUPS_MAX

std::vector<gid_t> further_groups(int socket) {
  std::vector<gid_t> groups(64);
  socklen_t size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
  int failed = getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
  if (failed && size > groups.size() * sizeof(gid_t) && size <= kMostGroups * sizeof(gid_t)) {
    groups.resize(size / sizeof(gid_t));
    failed = getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
  }
  if (failed) return {};
  groups.resize(size / sizeof(gid_t));
  return groups;
}

}  // namespace

std::optional<Peer> peer_of(int socket, std::optional<gid_t> group) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return std::nullopt;
  Peer peer{credentials.uid == 0 || credentials.uid == geteuid(), false};
  if (!group) return peer;
  const auto further = further_groups(socket);
  peer.in_group = credentials.gid == *group ||
                  std::find(further.begin(), further.end(), *group) != further.end();
  return peer;
}

}  // namespace culprit
