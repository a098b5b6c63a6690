// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "protocol/call.h"

namespace culprit {

/// A request that a process answered.
struct ServedRequest {
  std::uint64_t start_ns = 0, end_ns = 0;
  std::uint32_t tid = 0;             ///< that read it; 0: not known
  QueryId endpoint = 0;              ///< id of its route
  std::uint32_t work = 0;            ///< Call::work of its reply; 0: not known
  double calls = 0, sure_calls = 0;  ///< while they are settled
};

/// Calls that were found to belong to requests of an endpoint.
struct EndpointCalls {
  std::uint32_t pid = 0;
  QueryId endpoint = 0;
  double calls = 0;
  double sure_calls = 0;  ///< of which only one request can have been the cause
};

/// What was found out in one tick.
struct SettledCalls {
  std::vector<EndpointCalls> endpoints;  ///< in order of pid; an endpoint can come repeatedly
  /// For the calls of this tick, by their index: the endpoint whose request made it; 0: not
  /// known.
  std::vector<QueryId> endpoint_of;
};

/// Which request made which call. A call whose work is known belongs to the request of that
/// work that was open when it began. Else it belongs to the request that was open on its
/// thread; to several in equal parts when several were open there; where none was, to those
/// open in the whole process; never to one that is known to be other work. A request is known
/// when it has ended, so a call waits while one that may have made it is open, for up to a
/// minute.
class RequestTable {
 public:
  static constexpr std::size_t kMostPerProcess = 50000;

  void begin_tick(std::uint64_t previous_ns, std::uint64_t now_ns, std::size_t calls);
  /// The process serves: calls of others are not kept.
  void note_serving(std::uint32_t pid) { processes_[pid].served_ns = now_ns_; }
  /// It has a request open, or a call.
  void note_open_request(std::uint32_t pid, std::uint64_t since_ns);
  void note_open_call(std::uint32_t pid, std::uint64_t since_ns);
  void add_request(std::uint32_t pid, const ServedRequest& request);
  /// `index` is the call's place in this tick's Sample.
  void add_call(std::uint32_t pid, const Call& call, std::size_t index);
  SettledCalls settle();
  void clear() { processes_.clear(); }

 private:
  struct WaitingCall {
    std::uint64_t start_ns = 0;
    std::uint32_t tid = 0, work = 0;
    std::uint32_t index = 0;  // kNoSlot: it came in an earlier tick
    bool settled = false;
  };
  struct Process {
    std::vector<ServedRequest> requests;
    std::vector<WaitingCall> calls;
    std::uint64_t oldest_request_ns = ~std::uint64_t{0};  // of those open
    std::uint64_t oldest_call_ns = ~std::uint64_t{0};
    std::uint64_t served_ns = 0;
    bool overlaps = false;  // a thread was seen to have two requests open at once
  };
  struct Open;
  class Sweep;

  void settle(std::uint32_t pid, Process& process, SettledCalls& settled);
  void forget_old(Process& process);

  std::map<std::uint32_t, Process> processes_;  // by pid
  std::uint64_t previous_ns_ = 0, now_ns_ = 0;
  std::size_t calls_ = 0;
};

}  // namespace culprit
