// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "model/snapshot.h"

namespace culprit {

/// One row of a table. Points into the snapshot that is shown.
struct Line {
  const ProcessRow* process = nullptr;  ///< of a thread or an endpoint too, where it is known
  const ThreadRow* thread = nullptr;
  const UnitRow* unit = nullptr;
  const QueryRow* query = nullptr;
  const EndpointRow* endpoint = nullptr;
  const DatabaseRow* database = nullptr;
  const ServiceRow* service = nullptr;
  const TaskRow* task = nullptr;
  const Finding* finding = nullptr;
  std::string branch{};  ///< how the tree leads to it, e.g. "│ └─"

  // The row of that type, or nullptr.
  const ProcessRow* row(const ProcessRow*) const { return process; }
  const ThreadRow* row(const ThreadRow*) const { return thread; }
  const UnitRow* row(const UnitRow*) const { return unit; }
  const QueryRow* row(const QueryRow*) const { return query; }
  const EndpointRow* row(const EndpointRow*) const { return endpoint; }
  const DatabaseRow* row(const DatabaseRow*) const { return database; }
  const ServiceRow* row(const ServiceRow*) const { return service; }
  const TaskRow* row(const TaskRow*) const { return task; }
  const Finding* row(const Finding*) const { return finding; }
  template <typename Row>
  const Row* row() const {
    return row(static_cast<const Row*>(nullptr));
  }
};

/// Names a line of any view across snapshots.
struct LineKey {
  ProcessId process;
  std::uint64_t number = 0;  ///< of a thread or a query
  std::string name;          ///< cgroup path, address, route, finding, id of a task
  bool operator==(const LineKey&) const = default;
};

}  // namespace culprit
