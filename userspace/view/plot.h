// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "view/canvas.h"

namespace culprit {

/// Green, yellow from `warn` on, red from `bad` on.
Style level(double value, double warn, double bad);

/// A bar of that many cells, filled to `ratio`, to an eighth of a cell.
void draw_bar(Canvas& canvas, int row, int column, int cells, double ratio, Style style);

/// One glyph that stands for a ratio from 0 to 1.
std::string_view level_glyph(double ratio);

struct PlotArea {
  int row = 0, column = 0, width = 0, height = 0;
};

struct Scale {
  double bottom = 0, top = 1;
};

/// The last values as columns, newest at the right.
void draw_plot(Canvas& canvas, PlotArea area, std::span<const float> values, Scale scale,
               Style style);

}  // namespace culprit
