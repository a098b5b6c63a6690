// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "collect/sample.h"
#include "collect/socket_diag.h"

namespace culprit {

/// Adds the listening sockets that `bytes` describe, sock_diag(7): inet_diag_msg and the
/// attribute INET_DIAG_SKMEMINFO. A message that is cut or of another kind is left out.
DiagEnd parse_listeners(std::string_view bytes, std::vector<ListenerReading>& listeners);

/// TCP sockets of our network namespace that accept connections, and whose they are.
class ListenerReader {
 public:
  /// `root` is "/" but in tests; sockets are always those of this host.
  explicit ListenerReader(std::filesystem::path root = "/");

  /// Empty where the kernel has no sock_diag for TCP.
  std::vector<ListenerReading> read(std::uint64_t now_ns);

  /// Fills in the pid of each listener: the lowest that holds it, so the master of a
  /// pre-fork server. /proc is searched for new ones only, at most every ten seconds.
  void find_owners(std::vector<ListenerReading>& listeners, std::uint64_t now_ns);

 private:
  void search_owners();

  std::filesystem::path root_;
  SocketDiag diag_;
  std::unordered_map<std::uint64_t, std::uint32_t> owners_;  // inode -> pid
  std::optional<std::uint64_t> searched_ns_;
};

}  // namespace culprit
