// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "model/snapshot.h"

namespace culprit {

struct MetricsOptions {
  std::size_t processes = 50;  ///< those that used the most CPU time
  std::size_t tasks = 100;     ///< the same
  std::size_t queries = 100;   ///< those that took the most time
};

/// A snapshot as OpenMetrics text, `# EOF` included (docs/metrics.md). Names are field ids
/// behind culprit_host_, culprit_process_, culprit_task_, culprit_unit_, culprit_disk_,
/// culprit_filesystem_, culprit_database_, culprit_query_, culprit_endpoint_ or culprit_service_.
/// An amount within the interval is given per second, as a gauge: a snapshot knows one interval,
/// not the sum of all. What is absent has no line.
std::string openmetrics_text(const Snapshot& snapshot, const MetricsOptions& options = {});

}  // namespace culprit
