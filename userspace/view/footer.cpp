// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "view/format.h"
#include "view/panes.h"
#include "view/pen.h"
#include "view/screen.h"

namespace culprit {
namespace {

constexpr Style kAlert{.colour = Colour::kRed, .bold = true};
constexpr Style kWarning{.colour = Colour::kYellow};

std::string families(const CollectorRow& collector, ProbeState state) {
  std::vector<std::string_view> names;
  for (const ProbeRow& probe : collector.probes)
    if (probe.state == state && std::find(names.begin(), names.end(), probe.name) == names.end())
      names.push_back(probe.name);
  std::string text;
  for (const std::string_view name : names) (text += text.empty() ? "" : ", ") += name;
  return text;
}

void add_collector_notices(std::vector<Notice>& found, const CollectorRow& collector) {
  if (collector.events_lost > 0) {
    std::string text = "lost";
    for (const auto& [cause, count] : collector.lost_by_cause)
      text += " " + format_count(static_cast<double>(count)) + " " + cause;
    if (collector.lost_by_cause.empty())
      text += " " + format_count(static_cast<double>(collector.events_lost)) + " events";
    found.push_back({text, kAlert});
  }
  if (const std::string shed = families(collector, ProbeState::kShed); !shed.empty())
    found.push_back({"switched off to stay cheap: " + shed, kWarning});
  if (!collector.bpf) {
    found.push_back({"without BPF waits are not known (culprit doctor tells why)", kWarning});
    return;
  }
  if (const std::string missing = families(collector, ProbeState::kUnavailable); !missing.empty())
    found.push_back({"missing: " + missing + " (culprit doctor tells why)", kWarning});
}

void draw_prompt(Canvas& canvas, const TopState& state, int row) {
  std::string_view label;
  switch (state.prompt) {
    case Prompt::kNone:
      return;
    case Prompt::kFilter:
      label = "Filter";
      break;
    case Prompt::kFind:
      label = "Find";
      break;
    case Prompt::kUser:
      label = "User";
      break;
    case Prompt::kInterval:
      label = "Interval (10, 0.5s, 250ms)";
      break;
  }
  int column = canvas.put(row, 1, label, {.colour = Colour::kCyan, .bold = true}) + 1;
  // The end of what is typed stays in sight.
  std::string_view tail = state.typed;
  while (cell_count(tail) > std::max(canvas.width() - column - 30, 5)) next_glyph(tail);
  column = canvas.put(row, column, tail, kBold);
  canvas.put(row, column, " ", kReverse);
  Pen pen(canvas, row, column + 3, canvas.width());
  pen.text("Enter accepts, Esc clears", kDim);
}

void draw_keys(Canvas& canvas, const TopState& state, int row) {
  struct Hint {
    std::string_view key, what;
  };
  constexpr Hint kTableHints[] = {
      {"?", "help"},        {"q", "quit"},      {"/", "filter"},   {"1-9", "views"},
      {"Enter", "explain"}, {"P M W", "sort"},  {"t", "throttle"}, {"V", "tree"},
      {"Space", "pause"},   {"z", "unit"},      {"u", "user"},     {"c", "columns"},
      {"F", "follow"},      {"i", "hide idle"},
  };
  constexpr Hint kDetailHints[] = {
      {"Esc", "back"}, {"Up Down", "the next one"}, {"Space", "pause"}, {"?", "help"}};
  // What these two take is told beside what they ask.
  if (state.pane == Pane::kThrottle || state.pane == Pane::kUndo) return;
  const bool detail = state.pane == Pane::kDetail;
  const std::span<const Hint> hints =
      detail ? std::span<const Hint>(kDetailHints) : std::span<const Hint>(kTableHints);
  Pen pen(canvas, row, 1, canvas.width());
  for (const Hint& hint : hints) {
    const int needed = cell_count(hint.key) + 1 + cell_count(hint.what);
    if (pen.column() + needed > canvas.width()) return;
    pen.text(hint.key, {.colour = Colour::kCyan, .bold = true}).text(" ");
    pen.text(hint.what, kDim).text("  ");
  }
}

std::string position(const TopState& state) {
  const int count = static_cast<int>(state.lines.size());
  if (state.pane != Pane::kTable || count == 0) return "";
  const int last = std::min(state.scroll + table_rows(state), count);
  std::string text = std::string(traits_of(state.view).name) + " " +
                     std::to_string(state.scroll + 1) + "-" + std::to_string(last) + " of " +
                     std::to_string(count);
  if (state.hide_idle) text += ", idle hidden";
  if (state.hide_kernel) text += ", kernel hidden";
  return text;
}

}  // namespace

std::vector<Notice> notices(const TopState& state) {
  std::vector<Notice> found;
  if (!state.message.empty()) found.push_back({state.message, kBold});
  if (state.replay_ended) found.push_back({"end of the recording", kWarning});
  if (state.late_seconds > 0)
    found.push_back({"numbers are " + format_duration(state.late_seconds) + " late", kAlert});
  if (state.zoom) found.push_back({"in " + *state.zoom, {.colour = Colour::kCyan}});
  if (!state.filter.empty() && state.prompt != Prompt::kFilter)
    found.push_back({"filter " + state.filter, {.colour = Colour::kCyan}});
  if (!state.user.empty()) found.push_back({"user " + state.user, {.colour = Colour::kCyan}});
  if (state.follow) found.push_back({"following", {.colour = Colour::kCyan}});
  if (state.snapshot) add_collector_notices(found, state.snapshot->collector);
  return found;
}

void draw_footer(Canvas& canvas, const TopState& state) {
  const int status = canvas.height() - 2;
  const std::string where = position(state);
  const int end = canvas.width() - cell_count(where) - 2;
  int column = 1;
  for (const Notice& notice : notices(state)) {
    if (column > 1) column = canvas.put(status, column, " · ", kDim, end - column);
    column = canvas.put_cut(status, column, notice.text, notice.style, end - column);
    if (column >= end) break;
  }
  canvas.put_right(status, canvas.width() - 1, where, kDim, canvas.width());
  if (state.prompt != Prompt::kNone)
    draw_prompt(canvas, state, canvas.height() - 1);
  else
    draw_keys(canvas, state, canvas.height() - 1);
}

}  // namespace culprit
