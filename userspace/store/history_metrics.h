// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "model/field.h"
#include "store/history_tick.h"

namespace culprit {

/// A number that history keeps, and where it comes from.
template <typename Row>
struct KeptMetric {
  HistoryMetric metric;
  std::optional<double> (*get)(const Row&);
};

// The one list of what is kept of each kind of row. A number that is new goes to its end: what a
// file holds is told by its own list (store/history_layout.h).
std::span<const KeptMetric<Snapshot>> kept_of_host();
std::span<const KeptMetric<DiskRow>> kept_of_disks();
std::span<const KeptMetric<FilesystemRow>> kept_of_filesystems();
std::span<const KeptMetric<UnitRow>> kept_of_units();
std::span<const KeptMetric<ProcessRow>> kept_of_processes();
std::span<const KeptMetric<TaskRow>> kept_of_tasks();
std::span<const KeptMetric<QueryRow>> kept_of_queries();
std::span<const KeptMetric<EndpointRow>> kept_of_endpoints();
std::span<const KeptMetric<DatabaseRow>> kept_of_databases();
std::span<const KeptMetric<ServiceRow>> kept_of_services();

}  // namespace culprit
