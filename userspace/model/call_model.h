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

namespace culprit {

struct ProcessCalls {
  CallTotals made;
  std::optional<RequestTotals> answered;
};

/// What a Snapshot tells of calls.
struct CallRows {
  bool covered = false;  ///< else nothing is known, and all lists are empty
  std::vector<DatabaseRow> databases;
  std::vector<QueryRow> queries;
  std::vector<EndpointRow> endpoints;
  std::vector<ServiceRow> services;
  std::map<ProcessId, ProcessCalls> processes;  ///< those that made or answered any
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
  CallRows advance(const Sample& sample, const ProcessTable& table, std::uint64_t previous_ns,
                   bool first);

 private:
  CallMemory memory_;
};

/// Moves the rows to where a Snapshot has them; its processes must be there.
void add_calls(Snapshot& snapshot, CallRows&& rows);

}  // namespace culprit
