// SPDX-License-Identifier: Apache-2.0
#include "view/screen.h"

#include <algorithm>

#include "view/detail.h"
#include "view/header.h"
#include "view/panes.h"
#include "view/table.h"
#include "view/throttle_pane.h"

namespace culprit {
namespace {

constexpr int kFooterRows = 2;

}  // namespace

int table_rows(const TopState& state) {
  return state.height - header_rows(state) - 1 - kFooterRows;
}

Canvas draw_screen(const TopState& state) {
  Canvas canvas(state.width, state.height);
  const int top = header_rows(state);
  const int height = state.height - top - kFooterRows;
  switch (state.pane) {
    case Pane::kTable:
      draw_header(canvas, state);
      draw_table(canvas, state, top, height);
      draw_footer(canvas, state);
      break;
    case Pane::kDetail:
      draw_header(canvas, state);
      draw_detail(canvas, state, top, height);
      draw_footer(canvas, state);
      break;
    case Pane::kThrottle:
      draw_header(canvas, state);
      draw_throttle(canvas, state, top, height);
      draw_footer(canvas, state);
      break;
    case Pane::kUndo:
      draw_header(canvas, state);
      draw_undo(canvas, state, top, height);
      draw_footer(canvas, state);
      break;
    case Pane::kHelp:
      draw_help(canvas, state);
      break;
    case Pane::kColumns:
      draw_column_chooser(canvas, state);
      break;
  }
  return canvas;
}

std::string draw_batch_frame(TopState& state, int most_rows, bool utf8) {
  settle(state);
  const auto found = notices(state);
  const int head = header_rows(state);
  const int lines = std::min(static_cast<int>(state.lines.size()), most_rows);
  // Why there is nothing is told two rows below the titles.
  const int table = 1 + (lines > 0 ? lines : 2);
  Canvas canvas(state.width, head + static_cast<int>(found.size()) + table);
  draw_header(canvas, state);
  int row = head;
  for (const Notice& notice : found) canvas.put(row++, 0, notice.text);
  draw_table(canvas, state, row, table);
  std::string text = canvas.text(utf8);
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

}  // namespace culprit
