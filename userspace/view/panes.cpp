// SPDX-License-Identifier: Apache-2.0
#include "view/panes.h"

#include <algorithm>

#include "view/keys.h"
#include "view/pen.h"

namespace culprit {
namespace {

void draw_head(Canvas& canvas, std::string_view title, std::string_view hint) {
  canvas.fill(0, 0, canvas.width(), kReverse);
  const int end = canvas.put(0, 1, title, {.bold = true, .reverse = true});
  canvas.put_cut(0, end + 2, hint, kReverse, canvas.width() - end - 3);
}

}  // namespace

void draw_help(Canvas& canvas, const TopState& state) {
  draw_head(canvas, "culprit top", "keys; any key goes back");
  std::vector<const Binding*> shown;
  for (const Binding& binding : bindings())
    if (!binding.keys.empty()) shown.push_back(&binding);
  const int count = static_cast<int>(shown.size());
  const int columns = canvas.width() >= 78 ? 2 : 1;
  const int rows = (count + columns - 1) / columns;
  const int visible = std::max(canvas.height() - 2, 1);
  const int scroll = std::clamp(state.help_scroll, 0, std::max(rows - visible, 0));
  const int width = canvas.width() / columns;
  for (int i = 0; i < count; ++i) {
    const int row = 2 + i % rows - scroll, column = 1 + (i / rows) * width;
    if (row < 2 || row >= canvas.height()) continue;
    const Binding& binding = *shown[static_cast<std::size_t>(i)];
    canvas.put(row, column, binding.keys, {.colour = Colour::kCyan, .bold = true}, 10);
    canvas.put_cut(row, column + 11, binding.help, kPlain, width - 12);
  }
  constexpr std::string_view kNotes[] = {
      "100% is one CPU, or one thread that waited all the time.",
      "RUNQ%: ready to run, but no CPU was free. BLK%: blocked by a disk or a held lock.",
      "- is not known, which is not 0. Each column is explained under c.",
  };
  int row = 3 + rows - scroll;
  for (const std::string_view note : kNotes) {
    if (row < canvas.height()) canvas.put_cut(row, 1, note, kDim, canvas.width() - 2);
    ++row;
  }
}

void draw_column_chooser(Canvas& canvas, const TopState& state) {
  draw_head(canvas, "Columns", "Space switches one on or off, Enter goes back");
  const auto& columns = columns_of(state.view);
  const int visible = std::max(canvas.height() - 2, 1);
  const int scroll = std::max(state.chooser_cursor - visible + 1, 0);
  for (int i = 0; i < visible; ++i) {
    const auto index = static_cast<std::size_t>(scroll + i);
    if (index >= columns.size()) break;
    const Column& column = columns[index];
    const auto chosen = state.shown().columns.find(column.id);
    const bool shown = chosen == state.shown().columns.end() ? column.shown : chosen->second;
    const int row = 1 + i;
    canvas.put(row, 1, shown ? "[x]" : "[ ]", shown ? kBold : kDim);
    canvas.put(row, 5, column.title, {.colour = Colour::kCyan}, 10);
    canvas.put_cut(row, 16, column.help, kPlain, canvas.width() - 17);
    if (static_cast<int>(index) == state.chooser_cursor)
      canvas.restyle(row, {.bold = true, .reverse = true});
  }
  if (!state.message.empty())
    canvas.put(canvas.height() - 1, 1, state.message, {.colour = Colour::kYellow});
}

}  // namespace culprit
