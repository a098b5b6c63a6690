// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>

namespace culprit {

/// Who is at the other end of a Unix socket, as the kernel says.
struct Peer {
  bool may_change = false;  ///< root, or who runs us
  bool in_group = false;    ///< of the readers' group, by its own or its further groups

  bool may_read() const { return may_change || in_group; }
};

/// `group`: of the readers, if there is one. nullopt: the kernel does not say.
std::optional<Peer> peer_of(int socket, std::optional<gid_t> group);

}  // namespace culprit
