// SPDX-License-Identifier: Apache-2.0
#include "view/table.h"

#include <algorithm>

#include "view/call_words.h"
#include "view/detail_findings.h"
#include "view/format.h"
#include "view/lines.h"
#include "view/plot.h"

namespace culprit {
namespace {

// From which percentage (or bytes per hour) on a value stands out.
Style style_of(const Column& column, const Line& line, double seconds) {
  if (line.process && line.process->exited && !line.task) return kDim;
  const auto number = as_number(column.value(line, seconds));
  if (!number) {
    if (!column.left) return kDim;
    if (column.id == "text" && line.query && !line.query->text) return kDim;
    if (column.id == "severity" && line.finding) return severity_style(line.finding->severity);
    if (column.id == "class" && (line.task || line.process)) {
      const Class what = line.task ? line.task->verdict.value : line.process->process_class;
      if (what == Class::kForeground) return {.colour = Colour::kCyan};
      if (what == Class::kBackground) return {.colour = Colour::kMagenta};
    }
    return column.id == "command" && line.process && line.process->kernel_thread ? kDim : kPlain;
  }
  if (*number == 0) return kDim;
  if (column.id == "errors" || column.id == "connect_failures") return level(1, 0, 1);
  const auto standout = [](double value, double warn, double bad) {
    return value < warn ? kPlain : level(value, warn, bad);
  };
  const double percent = seconds > 0 ? 100 * *number / seconds : 0;
  if (column.id == "cpu_cores") return standout(*number, 0.5, 0.95);
  if (column.id == "run_queue_seconds" || column.id == "delay_seconds")
    return standout(percent, 20, 100);
  if (column.id == "blocked_seconds.disk") return standout(percent, 20, 100);
  if (column.id == "throttled_ratio") return standout(*number, 0.05, 0.25);
  if (column.id == "memory.growth_bytes_per_hour") return standout(*number, 64 << 20, 1 << 30);
  return kPlain;
}

void draw_titles(Canvas& canvas, const TopState& state, const std::vector<PlacedColumn>& placed,
                 int row) {
  canvas.fill(row, 0, canvas.width(), kReverse);
  for (const PlacedColumn& place : placed) {
    const Column& column = *place.column;
    const bool sorted = column.id == state.sort().id;
    const Style style{
        .colour = sorted ? Colour::kCyan : Colour::kDefault, .bold = sorted, .reverse = true};
    if (column.left)
      canvas.put(row, place.start, column.title, style, place.width);
    else
      canvas.put_right(row, place.start + place.width, column.title, style, place.width);
    // The blank between columns says where sorting goes.
    if (sorted && place.width > 0)
      canvas.put(row,
                 column.left ? place.start + static_cast<int>(column.title.size())
                             : place.start + place.width,
                 state.sort().descending ? "▾" : "▴", style);
  }
}

void draw_line(Canvas& canvas, const Line& line, const std::vector<PlacedColumn>& placed, int row,
               double seconds) {
  for (const PlacedColumn& place : placed) {
    const Column& column = *place.column;
    const Style style = style_of(column, line, seconds);
    const std::string text = column.text(line, seconds);
    if (!column.left) {
      canvas.put_right(row, place.start + place.width, text, style, place.width);
      continue;
    }
    int start = place.start, width = place.width;
    if (place.column == placed.back().column && !line.branch.empty()) {
      const int after = canvas.put(row, start, line.branch, kDim, width);
      width -= after - start;
      start = after;
    }
    canvas.put_cut(row, start, text, style, width);
  }
}

std::string why_empty(const TopState& state) {
  if (!state.snapshot) return "the first numbers are on their way";
  const ViewTraits& traits = traits_of(state.view);
  if (traits.shows_calls && !has_lines(state.view, *state.snapshot))
    return why_calls_unseen(state.snapshot->collector).value_or(std::string(traits.empty));
  if (state.view == View::kFindings && !has_lines(state.view, *state.snapshot))
    return std::string(traits.empty);
  if (!state.filter.empty() || !state.user.empty() || state.hide_idle || state.hide_kernel)
    return "nothing matches; Esc clears filter and user, i shows idle, K kernel threads";
  if (state.zoom) return "no process is in this unit; Esc goes back";
  return std::string(traits.empty);
}

}  // namespace

void draw_table(Canvas& canvas, const TopState& state, int row, int height) {
  const auto placed = place_columns(state.view, state.shown().columns, canvas.width());
  draw_titles(canvas, state, placed, row);
  if (state.lines.empty()) {
    canvas.put_cut(row + 2, 2, why_empty(state), kDim, canvas.width() - 4);
    return;
  }
  for (int i = 0; i + 1 < height; ++i) {
    const int index = state.scroll + i;
    if (index >= static_cast<int>(state.lines.size())) break;
    const int at = row + 1 + i;
    draw_line(canvas, state.lines[static_cast<std::size_t>(index)], placed, at,
              state.snapshot->seconds);
    if (index == state.cursor) canvas.restyle(at, {.bold = true, .reverse = true});
  }
}

}  // namespace culprit
