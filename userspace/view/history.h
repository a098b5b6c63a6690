// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include "model/snapshot.h"

namespace culprit {

/// The last minute of each process that is there; all that top remembers.
class History {
 public:
  static constexpr std::size_t kLength = 60;
  static constexpr std::size_t kProcesses = 8192;

  /// Series of one process, oldest first; NaN-free: what is absent is left out.
  struct Series {
    std::vector<float> cpu_percent, run_queue_percent, rss_bytes;
  };

  /// Adds an interval; forgets the processes that are not in it.
  void add(const Snapshot& snapshot);
  /// nullptr: never seen, or gone.
  const Series* find(ProcessId id) const;

 private:
  std::map<ProcessId, Series> series_;
};

}  // namespace culprit
