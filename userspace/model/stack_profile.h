// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "model/snapshot.h"
#include "model/stack_frame.h"

namespace culprit {

/// A stack and what it accounts for.
struct WeightedStack {
  Frames frames;  ///< outermost first
  std::uint64_t samples = 0, ns = 0;
};

/// Stacks of one interval, as they are written into a file.
struct StackProfile {
  std::string subject;   ///< whose they are: "host db1", "process 12 (nginx)"
  bool blocked = false;  ///< off the CPU; else on it
  std::int64_t start_wall_ns = 0;
  std::uint64_t duration_ns = 0;
  std::uint64_t period_ns = 0;  ///< that a sample on a CPU stands for; 0 when blocked
  std::vector<WeightedStack> stacks;
};

/// The stacks that `wanted` takes. Each has its process's name as outermost
/// frame, then the thread's when that is another.
StackProfile make_stack_profile(const Snapshot& snapshot, bool blocked,
                                const std::function<bool(const StackRow&)>& wanted);

}  // namespace culprit
