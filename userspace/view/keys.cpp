// SPDX-License-Identifier: Apache-2.0
#include "view/keys.h"

#include <algorithm>

#include "util/duration.h"
#include "view/glyph.h"
#include "view/lines.h"
#include "view/throttle_pane.h"

namespace culprit {
namespace {

constexpr std::size_t kLongestTyped = 200;
constexpr double kShortestInterval = 0.1, kLongestInterval = 3600;

bool is(Key key, char32_t character) {
  return key == Key{KeyName::kCharacter, character};
}

// What is typed works at once, so that one sees what it does.
void apply_typed(TopState& state) {
  if (state.prompt == Prompt::kFilter) state.filter = state.typed;
  if (state.prompt != Prompt::kFind) return;
  state.find = state.typed;
  for (std::size_t i = 0; i < state.lines.size() && !state.find.empty(); ++i) {
    if (!line_matches(state.lines[i], state.find)) continue;
    state.cursor = static_cast<int>(i);
    state.follow = false;
    return;
  }
}

void accept_interval(TopState& state) {
  const auto duration = parse_duration(state.typed);
  if (!duration) {
    state.message = duration.error().message;
    return;
  }
  const double seconds = std::chrono::duration<double>(*duration).count();
  state.interval_seconds = std::clamp(seconds, kShortestInterval, kLongestInterval);
}

void finish_prompt(TopState& state) {
  switch (state.prompt) {
    case Prompt::kNone:
    case Prompt::kFilter:
      break;
    case Prompt::kFind:
      if (std::none_of(state.lines.begin(), state.lines.end(),
                       [&](const Line& line) { return line_matches(line, state.find); }))
        state.message = "no line matches " + state.find;
      break;
    case Prompt::kUser:
      state.user = state.typed;
      break;
    case Prompt::kInterval:
      if (!state.typed.empty()) accept_interval(state);
      break;
  }
  state.prompt = Prompt::kNone;
}

void drop_last_character(std::string& text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) text.pop_back();
  if (!text.empty()) text.pop_back();
}

void type(TopState& state, Key key) {
  switch (key.name) {
    case KeyName::kEnter:
      finish_prompt(state);
      return;
    case KeyName::kEscape:
      state.typed.clear();
      apply_typed(state);
      state.prompt = Prompt::kNone;
      return;
    case KeyName::kBackspace:
      drop_last_character(state.typed);
      apply_typed(state);
      return;
    case KeyName::kCharacter:
      if (key.character < 0x20 || state.typed.size() > kLongestTyped) return;
      append_utf8(state.typed, key.character);
      apply_typed(state);
      return;
    case KeyName::kUp:
    case KeyName::kDown:
    case KeyName::kLeft:
    case KeyName::kRight:
    case KeyName::kPageUp:
    case KeyName::kPageDown:
    case KeyName::kHome:
    case KeyName::kEnd:
    case KeyName::kTab:
      return;
  }
}

bool closes(Key key) {
  return key.name == KeyName::kEscape || key.name == KeyName::kBackspace || is(key, 'q') ||
         is(key, 'Q');
}

int page_step(const TopState& state, Key key) {
  switch (key.name) {
    case KeyName::kUp:
      return -1;
    case KeyName::kDown:
      return 1;
    case KeyName::kPageUp:
      return -(state.height - 4);
    case KeyName::kPageDown:
      return state.height - 4;
    case KeyName::kHome:
      return -100000;
    case KeyName::kEnd:
      return 100000;
    case KeyName::kCharacter:
      return is(key, 'j') ? 1 : is(key, 'k') ? -1 : 0;
    case KeyName::kLeft:
    case KeyName::kRight:
    case KeyName::kEnter:
    case KeyName::kEscape:
    case KeyName::kTab:
    case KeyName::kBackspace:
      return 0;
  }
  return 0;
}

void choose_column(TopState& state, Key key) {
  const auto& columns = columns_of(state.view);
  const int last = static_cast<int>(columns.size()) - 1;
  if (key.name == KeyName::kEnter || closes(key) || is(key, 'c')) {
    state.pane = Pane::kTable;
  } else if (is(key, ' ')) {
    const Column& column = columns[static_cast<std::size_t>(state.chooser_cursor)];
    if (&column == &columns.back()) {
      state.message = "the last column always stays";
      return;
    }
    ColumnChoice& choice = state.shown().columns;
    const auto chosen = choice.find(column.id);
    const bool shown = chosen == choice.end() ? column.shown : chosen->second;
    choice[column.id] = !shown;
  } else {
    state.chooser_cursor = std::clamp(state.chooser_cursor + page_step(state, key), 0, last);
  }
}

// Up and down explain the line above or below in the table.
void browse_detail(TopState& state, Key key) {
  if (closes(key) || key.name == KeyName::kEnter) {
    state.pane = Pane::kTable;
    return;
  }
  if (is(key, ' ')) state.paused = !state.paused;
  if (is(key, '?') || is(key, 'h')) state.pane = Pane::kHelp;
  const int step = page_step(state, key);
  if (step == 0 || state.lines.empty()) return;
  const auto at = std::find_if(state.lines.begin(), state.lines.end(),
                               [&](const Line& line) { return detail_key(line) == state.detail; });
  if (at != state.lines.end()) state.cursor = static_cast<int>(at - state.lines.begin());
  state.follow = false;
  const int last = static_cast<int>(state.lines.size()) - 1;
  state.cursor = std::clamp(state.cursor + step, 0, last);
  if (const Line* line = state.selected_line()) state.detail = detail_key(*line);
}

void browse_help(TopState& state, Key key) {
  const int step = page_step(state, key);
  if (step == 0)
    state.pane = Pane::kTable;
  else
    state.help_scroll = std::max(state.help_scroll + std::clamp(step, -100, 100), 0);
}

void press(TopState& state, Key key) {
  for (const Binding& binding : bindings()) {
    const bool other = !(binding.other == Key{}) && binding.other == key;
    if (!(binding.key == key) && !other) continue;
    binding.act(state);
    return;
  }
  state.message = "no such key; ? lists them";
}

}  // namespace

void handle_key(TopState& state, Key key) {
  state.message.clear();
  if (state.prompt != Prompt::kNone) {
    type(state, key);
  } else {
    switch (state.pane) {
      case Pane::kTable:
        press(state, key);
        break;
      case Pane::kDetail:
        browse_detail(state, key);
        break;
      case Pane::kHelp:
        browse_help(state, key);
        break;
      case Pane::kColumns:
        choose_column(state, key);
        break;
      case Pane::kThrottle:
        answer_throttle(state, key);
        break;
      case Pane::kUndo:
        answer_undo(state, key);
        break;
    }
  }
  settle(state);
}

}  // namespace culprit
