// SPDX-License-Identifier: Apache-2.0
#include "view/canvas.h"

#include <algorithm>

#include "view/glyph.h"

namespace culprit {

Canvas::Canvas(int width, int height)
    : width_(std::max(width, 0)),
      height_(std::max(height, 0)),
      cells_(static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_)) {}

const Cell& Canvas::at(int row, int column) const {
  static const Cell outside;
  if (row < 0 || row >= height_ || column < 0 || column >= width_) return outside;
  return cells_[static_cast<std::size_t>(row) * width_ + column];
}

void Canvas::set(int row, int column, Cell cell) {
  if (row < 0 || row >= height_ || column < 0 || column >= width_) return;
  cells_[static_cast<std::size_t>(row) * width_ + column] = cell;
}

int Canvas::put(int row, int column, std::string_view text, Style style, int limit) {
  if (limit <= 0) return column;
  const int end = limit > width_ - column ? width_ : column + limit;
  while (const auto glyph = next_glyph(text)) {
    if (column + glyph->width > end) break;
    set(row, column, {glyph->character, style});
    if (glyph->width == 2) set(row, column + 1, {0, style});
    column += glyph->width;
  }
  return column;
}

int Canvas::put_cut(int row, int column, std::string_view text, Style style, int limit) {
  limit = std::min(limit, width_ - column);
  if (cell_count(text) <= limit) return put(row, column, text, style, limit);
  if (limit <= 0) return column;
  return put(row, put(row, column, text, style, limit - 1), "…", style, 1);
}

void Canvas::put_right(int row, int end, std::string_view text, Style style, int limit) {
  put_cut(row, end - std::min(cell_count(text), limit), text, style, limit);
}

void Canvas::fill(int row, int column, int cells, Style style) {
  for (int i = column; i < column + cells && i < width_; ++i) set(row, i, {U' ', style});
}

void Canvas::restyle(int row, Style style) {
  for (int column = 0; column < width_; ++column)
    set(row, column, {at(row, column).character, style});
}

std::string Canvas::line(int row, bool utf8) const {
  std::string text;
  for (int column = 0; column < width_; ++column) {
    const char32_t character = at(row, column).character;
    if (utf8) {
      if (character != 0) append_utf8(text, character);
    } else {
      text += character == 0 ? ' ' : ascii_stand_in(character);
    }
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

std::string Canvas::text(bool utf8) const {
  std::string all;
  for (int row = 0; row < height_; ++row) all += line(row, utf8) + '\n';
  return all;
}

}  // namespace culprit
