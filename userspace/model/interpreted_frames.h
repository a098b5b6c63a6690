// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/stack_frame.h"

namespace culprit {

/// Puts what an interpreter ran into the stack of its thread. All lists begin with the
/// innermost frame; a null in `interpreted` says that the frame before it was called through
/// native code, so that what lies between two nulls is one evaluation.
///
/// Each run of frames that are the interpreter's own (_PyEval_EvalFrameDefault and what
/// leads to it) becomes the frames of its evaluations. Where both lists do not agree on their
/// number, which is so when the native stack is cut short, everything between the innermost
/// and the outermost evaluation becomes the interpreted frames; where the native stack has
/// none, what is known of it stays in front of them.
Frames merge_interpreted(const Frames& native, const Frames& interpreted);

}  // namespace culprit
