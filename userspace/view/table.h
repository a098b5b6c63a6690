// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "view/canvas.h"
#include "view/top_state.h"

namespace culprit {

/// The lines of the state's view below a row of titles, into rows [row, row + height).
void draw_table(Canvas& canvas, const TopState& state, int row, int height);

}  // namespace culprit
