// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "view/canvas.h"
#include "view/glyph.h"

namespace culprit {

/// Writes one row of items from left to right; an item that does not fit whole before
/// `end` is left out, and so is all that comes after it.
class Pen {
 public:
  Pen(Canvas& canvas, int row, int column, int end)
      : canvas_(canvas), row_(row), column_(column), end_(end) {}

  /// Text as it is.
  Pen& text(std::string_view text, Style style = {}) {
    if (full_ || column_ + cell_count(text) > end_) {
      full_ = true;
      return *this;
    }
    column_ = canvas_.put(row_, column_, text, style);
    return *this;
  }
  /// `label value`, two blanks after what came before.
  Pen& item(std::string_view label, std::string_view value, Style style = {}) {
    const int gap = column_ > start_ ? 2 : 0;
    const int label_cells = label.empty() ? 0 : cell_count(label) + 1;
    if (full_ || column_ + gap + label_cells + cell_count(value) > end_) {
      full_ = true;
      return *this;
    }
    column_ += gap;
    if (!label.empty()) column_ = canvas_.put(row_, column_, label, kDim) + 1;
    column_ = canvas_.put(row_, column_, value, style);
    return *this;
  }
  Pen& skip(int cells) {
    column_ += cells;
    start_ = column_;
    return *this;
  }
  int column() const { return column_; }

 private:
  Canvas& canvas_;
  int row_, column_, end_;
  int start_ = column_;
  bool full_ = false;
};

}  // namespace culprit
