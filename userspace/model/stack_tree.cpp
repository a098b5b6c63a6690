// SPDX-License-Identifier: Apache-2.0
#include "model/stack_tree.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace culprit {
namespace {

struct FrameOrder {
  bool operator()(const FramePointer& a, const FramePointer& b) const {
    return std::tie(a->function, a->module, a->kind) < std::tie(b->function, b->module, b->kind);
  }
};

struct FramesOrder {
  bool operator()(const Frames& a, const Frames& b) const {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), FrameOrder());
  }
};

}  // namespace

StackTree make_stack_tree(const std::vector<WeightedStack>& stacks) {
  StackTree tree;
  tree.nodes.emplace_back();
  std::vector<std::map<FramePointer, std::size_t, FrameOrder>> children(1);
  for (const WeightedStack& stack : stacks) {
    std::size_t at = 0;
    tree.nodes[0].ns += stack.ns;
    tree.depth = std::max(tree.depth, stack.frames.size());
    for (const FramePointer& frame : stack.frames) {
      const auto [place, is_new] = children[at].emplace(frame, tree.nodes.size());
      const std::size_t child = place->second;
      if (is_new) {
        tree.nodes[at].children.push_back(child);
        tree.nodes.push_back({frame, 0, {}});
        children.emplace_back();
      }
      at = child;
      tree.nodes[at].ns += stack.ns;
    }
  }
  for (StackNode& node : tree.nodes)
    std::stable_sort(node.children.begin(), node.children.end(), [&](std::size_t a, std::size_t b) {
      return tree.nodes[a].ns > tree.nodes[b].ns;
    });
  return tree;
}

std::vector<HotStack> hottest_stacks(const Snapshot& snapshot, const ProcessId& process,
                                     bool blocked, std::size_t most) {
  if (!snapshot.stacks) return {};
  std::map<Frames, double, FramesOrder> sums;
  double all = 0;
  for (const StackRow& row : *snapshot.stacks) {
    if (!(row.process == process) || row.blocked != blocked) continue;
    sums[row.frames] += row.seconds;
    all += row.seconds;
  }
  std::vector<HotStack> hot;
  for (const auto& [frames, seconds] : sums)
    hot.push_back({frames, seconds, all > 0 ? seconds / all : 0});
  std::stable_sort(hot.begin(), hot.end(),
                   [](const HotStack& a, const HotStack& b) { return a.seconds > b.seconds; });
  if (hot.size() > most) hot.resize(most);
  return hot;
}

}  // namespace culprit
