// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "view/canvas.h"
#include "view/top_state.h"

namespace culprit {

/// The line that is explained, into rows [row, row + height). A process: who it is, its last
/// minute as plots, where its time went, who delayed it, its tasks, its calls, its threads.
void draw_detail(Canvas& canvas, const TopState& state, int row, int height);

}  // namespace culprit
