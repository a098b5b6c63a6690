// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>

#include "protocol/call.h"
#include "protocol/protocol.h"
#include "protocol/query_book.h"

namespace culprit {

enum class SocketRole : std::uint8_t { kUnknown, kClient, kServer };

enum class SocketEnd : std::uint8_t {
  kOpen,
  kClosed,         ///< by either side, in order
  kReset,          ///< by the peer, or timed out
  kConnectFailed,  ///< was never established; `connect_error` says why
};

/// One socket of one process, as of this tick. Listed when it is new, when anything of it
/// changed, and in a complete listing; with its end it is listed for the last time.
struct ConnectionReading {
  std::uint64_t id = 0;  ///< never reused while culprit runs
  std::uint32_t pid = 0;
  std::uint64_t process_start_time_ns = 0;  ///< 0: not known
  Protocol protocol = Protocol::kUnknown;
  bool tls = false;  ///< `protocol` was found within TLS
  SocketRole role = SocketRole::kUnknown;
  std::uint16_t family = 0;   ///< AF_INET, AF_INET6, AF_UNIX
  std::string local, remote;  ///< "10.0.0.1:5432", "[::1]:80"; a Unix socket's path, or ""
  std::string database;       ///< "" not known
  std::optional<std::uint64_t> opened_ns;   ///< absent: before culprit came
  std::optional<std::uint64_t> connect_ns;  ///< how long connecting took
  std::uint32_t connect_error = 0;          ///< errno
  SocketEnd end = SocketEnd::kOpen;
  std::uint64_t ended_ns = 0;
  std::optional<std::uint64_t> busy_since_ns;  ///< its oldest unanswered request
  /// The process at the other end when it is on this host, else 0.
  std::uint32_t peer_pid = 0;
};

/// What the process at the other end did for a call, when it is on this host too: from the
/// request's arrival to its writing of the last of the reply.
struct ServerHalf {
  std::uint32_t pid = 0;  ///< 0: nothing is known
  std::uint32_t tid = 0;
  std::uint64_t read_ns = 0;        ///< it read the request
  std::uint64_t first_sent_ns = 0;  ///< it wrote the first of the reply
  std::uint64_t last_sent_ns = 0;
  /// That wrote the last of it, as Call::task and Call::work are for the client; 0: not known.
  std::uint32_t task = 0, work = 0;
  /// kUnknownCount: another thread wrote the reply than read the request.
  std::uint64_t cpu_ns = 0, run_queue_ns = 0, disk_ns = 0;
  /// The request lay at its socket while it was busy with other things.
  std::uint64_t unread_ns = 0;
};

/// One finished call. Kept in recordings as the bytes it is.
struct CallReading {
  std::uint64_t connection = 0;  ///< ConnectionReading::id
  std::uint32_t pid = 0;         ///< process whose socket it is
  std::uint32_t padding = 0;
  Call call;
  ServerHalf server;
};
static_assert(std::is_trivially_copyable_v<CallReading>);
// No byte of it is left to chance: recordings of the same are the same.
static_assert(std::has_unique_object_representations_v<CallReading>);

}  // namespace culprit
