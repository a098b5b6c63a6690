// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "collect/stack_reading.h"

namespace culprit {

/// A function on a stack; the same object wherever it is on one.
struct StackFrame {
  CodeKind kind = CodeKind::kNative;
  std::string function, module;  ///< as in FrameName
  bool operator==(const StackFrame&) const = default;
};
using FramePointer = std::shared_ptr<const StackFrame>;

/// A stack, or a part of one.
using Frames = std::vector<FramePointer>;

}  // namespace culprit
