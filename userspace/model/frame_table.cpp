// SPDX-License-Identifier: Apache-2.0
#include "model/frame_table.h"

namespace culprit {

void FrameTable::learn(const std::vector<FrameName>& names) {
  for (const FrameName& name : names)
    if (frames_.size() < most_)
      frames_.try_emplace(
          name.id, std::make_shared<StackFrame>(StackFrame{name.kind, name.function, name.module}));
}

Frames FrameTable::find(const std::vector<std::uint32_t>& ids) const {
  static const FramePointer unknown =
      std::make_shared<StackFrame>(StackFrame{CodeKind::kNative, "[unknown]", ""});
  Frames frames;
  for (const std::uint32_t id : ids) {
    const auto found = frames_.find(id);
    frames.push_back(id == 0 ? nullptr : found == frames_.end() ? unknown : found->second);
  }
  return frames;
}

}  // namespace culprit
