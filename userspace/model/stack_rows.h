// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "model/frame_table.h"
#include "model/snapshot.h"

namespace culprit {

/// The stacks of one interval with the names of their frames, those that were equal joined,
/// in order of process, thread, kind and task. StackRow::task comes later (TaskTable).
std::vector<StackRow> make_stack_rows(const std::vector<StackReading>& readings,
                                      const FrameTable& frames);

}  // namespace culprit
