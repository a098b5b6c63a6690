// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "serve/line_buffer.h"
#include "serve/output_queue.h"
#include "serve/peer.h"
#include "util/fd.h"

namespace culprit {

/// Names a client for as long as the daemon runs: descriptors are used again.
using ClientId = std::uint64_t;

enum class Stream { kNone, kSnapshots, kSamples };

/// One who is connected to the daemon's socket.
struct SocketClient {
  ClientId id = 0;
  Fd socket;
  Peer peer;
  LineBuffer input;
  OutputQueue output;
  Stream stream = Stream::kNone;
  unsigned asked = 0;            ///< requests in this second
  std::uint64_t active_ns = 0;   ///< it asked last
  std::uint32_t waited_for = 0;  ///< events that the kernel is told to wait for
  bool waits_for_loop = false;   ///< it has asked what the sampling loop is to answer
  bool input_ended = false;      ///< it will write nothing more
  bool ends_when_sent = false;   ///< what is in the output is the last that it gets
};

}  // namespace culprit
