// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>

namespace culprit {

/// Which stacks are to be taken.
struct StackOptions {
  /// Of threads on a CPU, so often in a second on each; 0: none. Primes keep out of step with
  /// what runs every 10 ms.
  std::uint32_t frequency_hz = 49;
  bool blocked = false;                            ///< of threads that are blocked
  std::uint64_t blocked_threshold_ns = 1'000'000;  ///< for less they are not counted
  std::uint32_t pid = 0;                           ///< of this process alone; 0: of all
  std::uint64_t cgroup_id = 0;  ///< of this cgroup alone, in the hierarchy of units; 0: of all

  /// Names of the programs that take them.
  std::set<std::string> programs() const {
    std::set<std::string> names;
    if (frequency_hz > 0) names.insert("stack_cpu");
    if (blocked) names.insert("stack_blocked");
    return names;
  }
};

}  // namespace culprit
