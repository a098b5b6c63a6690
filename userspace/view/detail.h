// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "view/canvas.h"
#include "view/top_state.h"

namespace culprit {

/// One process explained, into rows [row, row + height): who it is, its last minute as
/// plots, where its time went, who delayed it, its threads.
void draw_detail(Canvas& canvas, const TopState& state, int row, int height);

}  // namespace culprit
