// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "model/call_model.h"
#include "model/call_processes.h"
#include "model/call_sums.h"
#include "model/database_totals.h"
#include "model/endpoint_totals.h"
#include "model/pool_totals.h"
#include "model/query_totals.h"
#include "model/task_calls.h"

namespace culprit {

/// One interval's calls: places connections, finds the request of each call, sums, makes
/// rows. A call that is told from both of its ends counts once for its database, as its
/// client saw it, and once for its endpoint, as its server saw it.
class CallInterval {
 public:
  /// What is given must outlive this; the memory has taken in the Sample's connections.
  CallInterval(const Sample& sample, CallProcesses processes, CallMemory& memory,
               std::uint64_t start_ns);

  /// Once.
  CallRows rows();

 private:
  struct ProcessSums {
    std::uint64_t calls = 0, errors = 0, total_ns = 0;  // that it made
    CallSums answered;
    bool serves = false;
  };

  void find_connections();
  void place(ConnectionEntry& entry);
  void place_server(const ConnectionEntry& entry);
  void place_database(ConnectionEntry& entry);
  void take_requests();
  void take_request(const ConnectionEntry& entry, const CallReading& reading);
  void note_answer(std::uint32_t process, const ServedRequest& request, std::uint32_t task,
                   const CallReading& reading, Protocol protocol);
  void settle_calls();
  void take_calls();
  void take_call(ConnectionEntry& entry, const CallReading& reading, std::size_t index);
  void take_database_call(ConnectionEntry& entry, const CallReading& reading,
                          const QueryCaller& caller);
  void take_connections();
  void note_serving(const ConnectionEntry& entry, const CallReading& reading, std::uint32_t client);
  ProcessSums& sums(std::uint32_t process);
  std::map<ProcessId, ProcessCalls> process_calls() const;

  const Sample& sample_;
  CallMemory& memory_;
  CallProcesses processes_;
  DatabaseTotals databases_;
  PoolTotals pools_;
  QueryTotals queries_;
  EndpointTotals endpoints_;
  std::vector<ProcessSums> process_sums_;  // by number of the process
  TaskCallTotals tasks_;
  std::vector<ConnectionEntry*> connection_of_;  // by index of the call; nullptr: not known
  std::vector<QueryId> endpoint_of_;             // by index of the call; 0: not known
};

}  // namespace culprit
