// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/snapshot.h"
#include "util/result.h"

namespace culprit {

/// What is to be explained: a process, a task, or a unit and its processes. Points into a
/// snapshot.
struct Subject {
  const UnitRow* unit = nullptr;             ///< null: one process
  std::vector<const ProcessRow*> processes;  ///< busiest first
  std::string note;                          ///< which of several this is; "" of one
  const TaskRow* task = nullptr;             ///< its processes are those that it is in
};

/// The pid of a target "12" or "pid:12"; absent when it is something else.
std::optional<std::uint32_t> named_pid(std::string_view target);

/// Finds a pid ("12", "pid:12"), a unit ("nginx", "nginx.service", a cgroup path), the name of
/// a process, a task ("task:NAME", its id, its name or a part of it), or a part of a command
/// line. Of several, the busiest. An error when there is none.
Result<Subject> find_subject(const Snapshot& snapshot, std::string_view target);

/// Finds a task alone, as above, with or without "task:".
Result<Subject> find_task(const Snapshot& snapshot, std::string_view name);

/// Finds a unit alone, as above.
Result<Subject> find_unit(const Snapshot& snapshot, std::string_view name);

/// Threads of how many processes, and for how long, ran while these wanted to; most first.
std::vector<DelayedBy> delays_of(const std::vector<const ProcessRow*>& processes);

/// The tasks that these processes take part in, busiest first.
std::vector<const TaskRow*> tasks_of(const Snapshot& snapshot,
                                     const std::vector<const ProcessRow*>& processes);

/// The part of a query that these processes asked for.
struct QueryShare {
  const QueryRow* query = nullptr;
  std::uint64_t calls = 0;
  double seconds = 0;
};

struct PoolShare {
  const DatabaseRow* database = nullptr;
  const PoolRow* pool = nullptr;
};

/// What a snapshot knows of the calls of some processes.
struct SubjectCalls {
  std::optional<CallTotals> made;
  std::optional<RequestTotals> answered;      ///< latency only of a single process
  std::vector<QueryShare> queries;            ///< most time first
  std::vector<const EndpointRow*> endpoints;  ///< as in the snapshot
  std::vector<PoolShare> pools;               ///< as in the snapshot
  std::vector<const DatabaseRow*> databases;  ///< that they are the server of
  bool empty() const;
};
SubjectCalls calls_of(const Snapshot& snapshot, const std::vector<const ProcessRow*>& processes);

/// The queries that a task asked for.
std::vector<QueryShare> queries_of(const Snapshot& snapshot, const TaskRow& task);

/// The queries that requests of that endpoint asked for.
std::vector<QueryShare> queries_of(const Snapshot& snapshot, const EndpointRow& endpoint);

}  // namespace culprit
