// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bpf/record.h"

namespace culprit {

/// Of a probe family.
enum class ProbeState { kAttached, kUnavailable, kShed, kOff };

struct ProbeReading {
  std::string name;    ///< probe family
  std::string attach;  ///< how it is attached, e.g. "tp_btf/sched_switch"
  ProbeState state = ProbeState::kOff;
  std::string reason;                         ///< why it is not attached
  std::optional<std::uint64_t> runs, run_ns;  ///< cumulative, with kernel BPF statistics
};

/// What watching itself costs, and what it lost.
struct CollectorReading {
  std::uint32_t pid = 0;                            ///< our own
  std::uint64_t records_received = 0;               ///< cumulative
  std::array<std::uint64_t, LOSS_CAUSES> losses{};  ///< cumulative, by loss_cause
  std::uint64_t user_ns = 0, system_ns = 0;         ///< own CPU time, cumulative
  std::uint64_t memory_bytes = 0;                   ///< own resident size
  std::uint64_t map_bytes = 0;                      ///< memory locked by our BPF maps
  std::vector<ProbeReading> probes;
};

}  // namespace culprit
