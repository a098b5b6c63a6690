// SPDX-License-Identifier: Apache-2.0
#include "view/page.h"

#include <algorithm>

#include "view/glyph.h"
#include "view/plot.h"

namespace culprit {
namespace {

constexpr int kLabelCells = 17, kFigureCells = 16;

}  // namespace

void draw_rule(Canvas& canvas, int row, int column, int width, std::string_view title) {
  for (int i = 0; i < width; ++i) canvas.put(row, column + i, "─", kDim);
  canvas.put_cut(row, column, title, kBold, width);
  if (cell_count(title) < width) canvas.put(row, column + cell_count(title), " ");
}

void Page::rule(std::string_view title) {
  if (!full()) draw_rule(canvas_, at(), area_.column, area_.width, title);
  ++next_;
}

Pen Page::line() {
  const int end = full() ? area_.column : area_.column + area_.width;
  Pen pen(canvas_, at(), area_.column, end);
  ++next_;
  return pen;
}

void Page::text(std::string_view text, Style style) {
  if (!full()) canvas_.put_cut(at(), area_.column, text, style, area_.width);
  ++next_;
}

void Page::wrapped(std::string_view text, Style style, int most_rows, int indent) {
  auto lines = wrap(text, area_.width - indent);
  const auto most = static_cast<std::size_t>(std::max(most_rows, 1));
  if (lines.size() > most) {
    for (std::size_t i = most; i < lines.size(); ++i) lines[most - 1] += ' ' + lines[i];
    lines.resize(most);
  }
  const std::string blanks(static_cast<std::size_t>(indent), ' ');
  for (const std::string& line : lines) this->text(blanks + line, style);
}

void Page::bar(std::string_view label, std::string_view figure, double ratio, Style style) {
  if (!full()) {
    canvas_.put(at(), area_.column, label, {}, kLabelCells);
    const int start = area_.column + kLabelCells + kFigureCells + 1;
    canvas_.put_right(at(), start - 1, figure, {}, kFigureCells);
    draw_bar(canvas_, at(), start, area_.column + area_.width - start, ratio, style);
  }
  ++next_;
}

void Page::table_row(std::span<const PageColumn> columns, const PageRow& row, Style style) {
  int column = area_.column;
  const int end = area_.column + area_.width;
  for (std::size_t i = 0; i < columns.size() && !full(); ++i) {
    if (i + 1 == columns.size()) {
      canvas_.put_cut(at(), column, row[i], style, std::max(end - column, 0));
    } else {
      const int width = std::min(columns[i].width, std::max(end - column, 0));
      canvas_.put_right(at(), column + width, row[i], style, width);
      column += width + 1;
    }
  }
  ++next_;
}

void Page::table(std::span<const PageColumn> columns, std::span<const PageRow> rows) {
  PageRow titles;
  for (const PageColumn& column : columns) titles.emplace_back(column.title);
  table_row(columns, titles, kDim);
  const auto room = static_cast<std::size_t>(std::max(rows_left(), 0));
  const std::size_t shown = rows.size() <= room ? rows.size() : std::max<std::size_t>(room, 1) - 1;
  for (std::size_t i = 0; i < shown; ++i) table_row(columns, rows[i], kPlain);
  if (shown < rows.size()) text("… and " + std::to_string(rows.size() - shown) + " more", kDim);
}

std::vector<std::string> wrap(std::string_view text, int cells) {
  std::vector<std::string> lines;
  cells = std::max(cells, 2);
  while (!text.empty()) {
    // As many glyphs as fit; back to the last blank when the text goes on.
    std::string_view rest = text, at_blank;
    int used = 0;
    while (!rest.empty()) {
      std::string_view after = rest;
      const auto glyph = next_glyph(after);
      if (glyph && used + glyph->width > cells) break;
      if (glyph && glyph->character == U' ') at_blank = rest;
      used += glyph ? glyph->width : 0;
      rest = after;
    }
    if (!rest.empty() && !at_blank.empty() && rest.front() != ' ') rest = at_blank;
    lines.emplace_back(text.substr(0, text.size() - rest.size()));
    while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
    text = rest;
  }
  return lines;
}

}  // namespace culprit
