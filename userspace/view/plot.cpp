// SPDX-License-Identifier: Apache-2.0
#include "view/plot.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace culprit {
namespace {

constexpr std::array<std::string_view, 9> kRising = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 9> kGrowing = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};

// Eighths of `size` cells that a ratio fills; anything above nothing is seen.
int eighths(double ratio, int size) {
  if (!(ratio > 0)) return 0;
  return std::clamp(static_cast<int>(std::lround(std::min(ratio, 1.0) * size * 8)), 1, size * 8);
}

}  // namespace

Style level(double value, double warn, double bad) {
  if (value >= bad) return {.colour = Colour::kRed, .bold = true};
  return {.colour = value >= warn ? Colour::kYellow : Colour::kGreen};
}

void draw_bar(Canvas& canvas, int row, int column, int cells, double ratio, Style style) {
  if (cells < 3) return;
  canvas.put(row, column, "▕", kDim);
  const int inner = cells - 2, filled = eighths(ratio, inner);
  for (int i = 0; i < inner; ++i)
    canvas.put(row, column + 1 + i, kGrowing[std::clamp(filled - 8 * i, 0, 8)], style);
  canvas.put(row, column + cells - 1, "▏", kDim);
}

std::string_view level_glyph(double ratio) {
  return ratio > 0 ? kRising[std::clamp(static_cast<int>(std::ceil(ratio * 8)), 1, 8)] : kRising[1];
}

void draw_plot(Canvas& canvas, PlotArea area, std::span<const float> values, Scale scale,
               Style style) {
  if (area.width <= 0 || area.height <= 0) return;
  if (values.size() > static_cast<std::size_t>(area.width))
    values = values.last(static_cast<std::size_t>(area.width));
  const int first = area.column + area.width - static_cast<int>(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double range = scale.top - scale.bottom;
    const int filled = range > 0 ? eighths((values[i] - scale.bottom) / range, area.height) : 0;
    for (int up = 0; up < area.height; ++up) {
      const int here = std::clamp(filled - 8 * up, 0, 8);
      if (here > 0 || up == 0)
        canvas.put(area.row + area.height - 1 - up, first + static_cast<int>(i),
                   here > 0 ? kRising[here] : kRising[1], here > 0 ? style : kDim);
    }
  }
}

}  // namespace culprit
