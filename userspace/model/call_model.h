// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "collect/sample.h"
#include "model/connection_table.h"
#include "model/process_table.h"
#include "model/query_texts.h"
#include "model/request_table.h"
#include "model/service_table.h"
#include "model/snapshot.h"
#include "model/task_names.h"

namespace culprit {

struct ProcessCalls {
  CallTotals made;
  std::optional<RequestTotals> answered;
};

/// Of one task of a process, or of a thread where the task is not known.
struct TaskCalls {
  ProcessId process;
  std::uint32_t task = 0;  ///< TaskName::task; 0: not known
  std::uint32_t tid = 0;   ///< 0 where the task is known
  CallTotals made;
  std::uint64_t answered = 0;
};

/// `server` answered calls to databases and caches that `client` made.
struct Serving {
  ProcessId server, client;
  auto operator<=>(const Serving&) const = default;
};

/// What a Snapshot tells of calls.
struct CallRows {
  bool covered = false;  ///< else nothing is known, and all lists are empty
  std::vector<DatabaseRow> databases;
  std::vector<QueryRow> queries;
  std::vector<EndpointRow> endpoints;
  std::vector<ServiceRow> services;
  std::map<ProcessId, ProcessCalls> processes;  ///< those that made or answered any
  std::vector<TaskCalls> tasks;
  std::vector<Serving> servings;
};

/// What is known of calls beyond one interval.
struct CallMemory {
  ConnectionTable connections;
  RequestTable requests;
  ServiceTable services;
  QueryTexts texts;
};

/// Connections and calls to rows, across ticks. Pure: no clock, file or map.
class CallModel {
 public:
  /// Takes in one Sample, after the process table did. `first` marks the baseline, which
  /// gives no rows.
  CallRows advance(const Sample& sample, const ProcessTable& table, const TaskNames& names,
                   std::uint64_t previous_ns, bool first);

 private:
  CallMemory memory_;
};

/// Moves the rows to where a Snapshot has them; its processes must be there. What is told of
/// tasks stays.
void add_calls(Snapshot& snapshot, CallRows& rows);

}  // namespace culprit
