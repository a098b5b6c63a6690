// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "bpf/thread.h"

/// What rows of several kinds have in them.
namespace culprit {

/// Identity of a process within one boot (DESIGN §2).
struct ProcessId {
  std::uint32_t pid = 0;
  std::uint64_t start_time_ns = 0;  ///< CLOCK_BOOTTIME
  auto operator<=>(const ProcessId&) const = default;
};

enum class Class { kForeground, kBackground, kSystem, kUnknown };

/// Seconds blocked, by reason.
using Blocked = std::array<double, BLOCKED_REASONS>;

/// Of who was queued: behind whom; or of who ran: who was queued meanwhile.
struct DelayedBy {
  std::uint32_t pid = 0;
  std::string name;
  double seconds = 0;
  std::string task{};  ///< which of that process; "" is not known, or not told
};

struct ProcessName {
  ProcessId id;
  std::string name;
};

/// How many calls, how long in all, how many failed.
struct CallTotals {
  std::uint64_t count = 0, errors = 0;
  double seconds = 0;
};

}  // namespace culprit
