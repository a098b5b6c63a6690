// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collect/collector_reading.h"

namespace culprit {

struct ProbeRow {
  std::string name, attach;
  ProbeState state = ProbeState::kOff;
  std::string reason;
  std::optional<std::uint64_t> runs;
  std::optional<double> seconds;
};

/// What watching itself cost in the interval, and what it lost.
struct CollectorRow {
  bool bpf = false;
  std::vector<ProbeRow> probes;
  std::uint64_t events_received = 0, events_lost = 0;
  std::map<std::string, std::uint64_t> lost_by_cause;  ///< causes that happened
  std::optional<double> kernel_seconds;
  double user_seconds = 0;
  std::uint64_t memory_bytes = 0, map_bytes = 0;
};

}  // namespace culprit
