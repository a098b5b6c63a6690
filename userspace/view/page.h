// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "view/canvas.h"
#include "view/pen.h"

namespace culprit {

struct Area {
  int row, column, width, height;
};

/// A title with a rule behind it.
void draw_rule(Canvas& canvas, int row, int column, int width, std::string_view title);

/// A column of a small table; the last one of a table is text and takes the width left.
struct PageColumn {
  std::string_view title;
  int width = 0;
};
using PageRow = std::vector<std::string>;

/// Fills an area from top to bottom; what finds no room is left out.
class Page {
 public:
  Page(Canvas& canvas, Area area) : canvas_(canvas), area_(area) {}

  int row() const { return next_; }
  int rows_left() const { return area_.height - next_; }

  void skip_row() { ++next_; }
  void rule(std::string_view title);
  /// A row to write on.
  Pen line();
  /// A row of text, cut where it is too long.
  void text(std::string_view text, Style style = {});
  /// Text over as many rows as it needs, but at most that many.
  void wrapped(std::string_view text, Style style, int most_rows, int indent = 0);
  /// `label`, a figure, and a bar filled to `ratio`.
  void bar(std::string_view label, std::string_view figure, double ratio, Style style);
  /// Titles and rows; says how many rows were left out.
  void table(std::span<const PageColumn> columns, std::span<const PageRow> rows);

 private:
  bool full() const { return next_ >= area_.height; }
  int at() const { return area_.row + next_; }
  void table_row(std::span<const PageColumn> columns, const PageRow& row, Style style);

  Canvas& canvas_;
  Area area_;
  int next_ = 0;  // row below area_.row
};

/// The text in lines of at most that many cells, broken at blanks where there are any.
std::vector<std::string> wrap(std::string_view text, int cells);

}  // namespace culprit
