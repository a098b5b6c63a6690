// SPDX-License-Identifier: Apache-2.0
#include "view/top_state.h"

#include <algorithm>
#include <utility>

#include "view/lines.h"
#include "view/screen.h"

namespace culprit {

std::array<ViewState, kViews> initial_views() {
  std::array<ViewState, kViews> views;
  for (const View view : kEveryView)
    views[static_cast<std::size_t>(view)] = {{traits_of(view).sort}, traits_of(view).is_tree, {}};
  return views;
}

const Line* TopState::selected_line() const {
  if (cursor < 0 || static_cast<std::size_t>(cursor) >= lines.size()) return nullptr;
  return &lines[static_cast<std::size_t>(cursor)];
}

void accept_snapshot(TopState& state, std::shared_ptr<const Snapshot> snapshot) {
  state.history.add(*snapshot);
  state.late_seconds = 0;
  state.newest = std::move(snapshot);
}

void settle(TopState& state) {
  if (!state.paused || !state.snapshot) state.snapshot = state.newest;
  state.lines = state.snapshot ? make_lines(state, *state.snapshot) : std::vector<Line>();
  const int count = static_cast<int>(state.lines.size());
  if (state.follow && state.selected) {
    const auto found = std::find_if(state.lines.begin(), state.lines.end(), [&](const Line& line) {
      return key_of(line) == *state.selected;
    });
    if (found != state.lines.end())
      state.cursor = static_cast<int>(found - state.lines.begin());
    else
      state.message = "what was followed is not in the list now";
  }
  state.cursor = std::clamp(state.cursor, 0, std::max(count - 1, 0));
  if (const Line* line = state.selected_line(); line && !state.follow)
    state.selected = key_of(*line);

  const int rows = std::max(table_rows(state), 1);
  state.scroll = std::clamp(state.scroll, state.cursor - rows + 1, state.cursor);
  state.scroll = std::clamp(state.scroll, 0, std::max(count - rows, 0));
}

namespace {

void go_to(TopState& state, View view) {
  state.view = view;
  state.cursor = state.scroll = 0;
  state.follow = false;
}

}  // namespace

bool zoom_in(TopState& state) {
  const Line* line = state.selected_line();
  if (!line) return false;
  std::optional<std::string> path;
  if (line->unit) path = line->unit->path;
  if (line->process && !state.zoom) path = line->process->cgroup;
  if (!path) return false;
  state.zoom = path;
  go_to(state, View::kProcesses);
  return true;
}

bool zoom_out(TopState& state) {
  if (!state.zoom) return false;
  const std::string path = *std::exchange(state.zoom, std::nullopt);
  go_to(state, View::kUnits);
  settle(state);
  for (std::size_t i = 0; i < state.lines.size(); ++i)
    if (state.lines[i].unit && state.lines[i].unit->path == path)
      state.cursor = static_cast<int>(i);
  settle(state);
  return true;
}

}  // namespace culprit
