// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/snapshot.h"
#include "model/stack_profile.h"

namespace culprit {

/// All stacks that begin alike are one node.
struct StackNode {
  FramePointer frame;                 ///< null for the root
  std::uint64_t ns = 0;               ///< with that of its children
  std::vector<std::size_t> children;  ///< places in StackTree::nodes, heaviest first
};

struct StackTree {
  std::vector<StackNode> nodes;  ///< parents before their children; the first is the root
  std::size_t depth = 0;         ///< frames of the longest stack
};

/// Frames count as the same when their names, modules and kinds are.
StackTree make_stack_tree(const std::vector<WeightedStack>& stacks);

/// A stack of a process, and its part of all that the process did in the interval.
struct HotStack {
  Frames frames;  ///< outermost first
  double seconds = 0, ratio = 0;
};

/// Where a process spent its CPU time (or was `blocked`), at most `most` of its stacks, the
/// hottest first; threads that did the same are together.
std::vector<HotStack> hottest_stacks(const Snapshot& snapshot, const ProcessId& process,
                                     bool blocked, std::size_t most);

}  // namespace culprit
