// SPDX-License-Identifier: Apache-2.0
#include "collect/server_half.h"

#include <algorithm>

namespace culprit {

bool is_in_order(const server_half& half) {
  return half.read_ns <= half.first_sent_ns && half.first_sent_ns <= half.last_sent_ns;
}

bool answers(const server_half& half, const Call& call) {
  return half.pid && half.first_sent_ns <= call.end_ns && half.last_sent_ns >= call.start_ns;
}

void give_half(CallReading& reading, const server_half& half, std::size_t calls) {
  Call& call = reading.call;
  if (!answers(half, call)) return;
  // The server may have read a request before the client's write returned.
  call.start_ns = std::min<std::uint64_t>(call.start_ns, half.read_ns);
  call.request_end_ns = std::min<std::uint64_t>(call.request_end_ns, half.read_ns);
  if (!call.arrived_ns && call.first_read_ns)
    call.arrived_ns = std::min<std::uint64_t>(half.first_sent_ns, call.first_read_ns);
  ServerHalf& server = reading.server;
  server.pid = half.pid;
  server.tid = half.tid;
  server.read_ns = half.read_ns;
  server.first_sent_ns = half.first_sent_ns;
  server.last_sent_ns = half.last_sent_ns;
  server.task = half.task;
  server.work = half.work;
  server.cpu_ns = server.run_queue_ns = server.disk_ns = kUnknownCount;
  const std::uint64_t waited = half.read_ns - call.request_end_ns;
  const std::uint64_t queued = std::min<std::uint64_t>(half.queued_ns, waited);
  server.unread_ns = (waited - queued) / calls;
  if (half.run_queue_ns == kUnknownCount) return;
  const std::uint64_t elapsed = half.last_sent_ns - half.read_ns;
  const std::uint64_t away = half.run_queue_ns + half.blocked_ns;
  server.cpu_ns = (elapsed > away ? elapsed - away : 0) / calls;
  server.run_queue_ns = (half.run_queue_ns + queued) / calls;
  server.disk_ns = half.disk_ns / calls;
}

}  // namespace culprit
