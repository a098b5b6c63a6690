// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "model/stack_frame.h"

namespace culprit {

/// Frames that Samples bring once. Bounded above what a FrameBook gives out.
class FrameTable {
 public:
  explicit FrameTable(std::size_t most = 262'144) : most_(most) {}

  void learn(const std::vector<FrameName>& names);

  /// By their ids; one that is not known is "[unknown]", and 0 is a null.
  Frames find(const std::vector<std::uint32_t>& ids) const;

 private:
  std::size_t most_;
  std::unordered_map<std::uint32_t, FramePointer> frames_;
};

}  // namespace culprit
