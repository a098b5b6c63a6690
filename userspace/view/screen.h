// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "view/canvas.h"
#include "view/top_state.h"

namespace culprit {

/// The whole of `culprit top` at the state's size.
Canvas draw_screen(const TopState& state);

/// Lines of the table that are in sight, without the titles.
int table_rows(const TopState& state);

/// One frame for --batch: header, what is missing, and up to `most_rows` lines.
std::string draw_batch_frame(TopState& state, int most_rows, bool utf8);

}  // namespace culprit
