// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "view/canvas.h"
#include "view/top_state.h"

namespace culprit {

/// Keys and what they do, on the whole screen.
void draw_help(Canvas& canvas, const TopState& state);

/// Columns of the view, to be switched on and off, on the whole screen.
void draw_column_chooser(Canvas& canvas, const TopState& state);

/// Two rows at the bottom: what one should know now; and the keys, or the prompt.
void draw_footer(Canvas& canvas, const TopState& state);

/// What is missing, lost or late, most urgent first; for the footer and for batch mode.
struct Notice {
  std::string text;
  Style style;
};
std::vector<Notice> notices(const TopState& state);

}  // namespace culprit
