// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "view/keys.h"
#include "view/lines.h"
#include "view/screen.h"
#include "view/throttle_pane.h"

namespace culprit {
namespace {

void move(TopState& state, int by) {
  const int last = std::max(static_cast<int>(state.lines.size()) - 1, 0);
  state.cursor = std::clamp(state.cursor + by, 0, last);
  state.follow = false;
}

bool names_process(std::string_view id) {
  return id == "pid" || id == "tid" || id == "process.pid";
}

// The first of these columns that the view has.
void sort_by(TopState& state, std::initializer_list<std::string_view> ids) {
  for (const std::string_view id : ids) {
    const Column* column = find_column(state.view, id);
    if (!column) continue;
    state.shown().sort = {column->id, !column->left && !names_process(id)};
    if (!state.follow) state.cursor = state.scroll = 0;
    return;
  }
  state.message = "this view has no such column";
}

void sort_by_neighbour(TopState& state, int step) {
  const auto placed = place_columns(state.view, state.shown().columns, state.width);
  const auto at = std::find_if(placed.begin(), placed.end(), [&](const PlacedColumn& place) {
    return place.column->id == state.sort().id;
  });
  const int count = static_cast<int>(placed.size());
  const int index = at == placed.end() ? 0 : static_cast<int>(at - placed.begin()) + step;
  sort_by(state, {placed[static_cast<std::size_t>((index + count) % count)].column->id});
}

void show_view(TopState& state, View view) {
  if (state.view == view) return;
  state.view = view;
  state.zoom.reset();
  state.cursor = state.scroll = 0;
  state.follow = false;
}

void open(TopState& state) {
  const Line* line = state.selected_line();
  if (!line) return;
  if (line->unit) {
    zoom_in(state);
    return;
  }
  state.detail = detail_key(*line);
  state.pane = Pane::kDetail;
}

void go_back(TopState& state) {
  if (state.filter.empty() && state.user.empty() && state.find.empty()) {
    zoom_out(state);
    return;
  }
  state.filter.clear();
  state.user.clear();
  state.find.clear();
}

void toggle_tree(TopState& state) {
  const ViewTraits& traits = traits_of(state.view);
  if (!traits.has_tree) {
    state.message = std::string(traits.name) + " have no tree";
    return;
  }
  state.shown().tree = !state.shown().tree;
  if (!state.follow) state.cursor = state.scroll = 0;
}

void find_next(TopState& state) {
  const std::size_t count = state.lines.size();
  for (std::size_t step = 1; step <= count && !state.find.empty(); ++step) {
    const std::size_t i = (static_cast<std::size_t>(state.cursor) + step) % count;
    if (!line_matches(state.lines[i], state.find)) continue;
    state.cursor = static_cast<int>(i);
    return;
  }
  state.message = state.find.empty() ? "f finds a line first" : "no line matches " + state.find;
}

void ask(TopState& state, Prompt prompt, const std::string& present) {
  state.prompt = prompt;
  state.typed = present;
}

void zoom(TopState& state) {
  if (!zoom_out(state) && !zoom_in(state)) state.message = "its unit is not known";
}

void follow(TopState& state) {
  state.follow = !state.follow && state.selected;
}

constexpr Key ch(char32_t character) {
  return {KeyName::kCharacter, character};
}
constexpr Key named(KeyName name) {
  return {name, 0};
}
constexpr Key kNone{};
using S = TopState;

constexpr Binding kBindings[] = {
    {ch('P'), kNone, "P", "sort by CPU%", [](S& s) { sort_by(s, {"cpu_cores"}); }},
    {ch('M'), kNone, "M", "sort by memory",
     [](S& s) {
       sort_by(s, {"memory.rss_bytes", "memory.used_bytes", "memory_growth_bytes"});
     }},
    {ch('T'), kNone, "T", "sort by time used",
     [](S& s) {
       sort_by(s, {"cpu_seconds_total", "seconds"});
     }},
    {ch('N'), kNone, "N", "sort by PID or name",
     [](S& s) {
       sort_by(s, {"tid", "pid", "process.pid", "name", "text", "address"});
     }},
    {ch('W'), kNone, "W", "sort by wait for a CPU",
     [](S& s) { sort_by(s, {"run_queue_seconds"}); }},
    {ch('B'), kNone, "B", "sort by time blocked", [](S& s) { sort_by(s, {"stalled_seconds"}); }},
    {ch('C'), kNone, "C", "sort by calls or requests",
     [](S& s) {
       sort_by(s, {"calls", "requests", "operations", "calls.count"});
     }},
    {ch('L'), kNone, "L", "sort by latency",
     [](S& s) {
       sort_by(s, {"latency.p95_seconds", "requests.latency.p95_seconds"});
     }},
    {ch('E'), kNone, "E", "sort by errors",
     [](S& s) {
       sort_by(s, {"errors", "calls.errors"});
     }},
    {named(KeyName::kRight), ch('>'), "Left Right", "sort by the next column",
     [](S& s) { sort_by_neighbour(s, 1); }},
    {named(KeyName::kLeft), ch('<'), "", "", [](S& s) { sort_by_neighbour(s, -1); }},
    {ch('r'), ch('R'), "r", "reverse the order",
     [](S& s) { s.shown().sort.descending = !s.sort().descending; }},
    {named(KeyName::kTab), kNone, "Tab", "next view",
     [](S& s) {
       const auto next = (static_cast<std::size_t>(s.view) + 1) % kViews;
       show_view(s, static_cast<View>(next));
     }},
    {ch('1'), kNone, "1 2 3", "processes, threads, units",
     [](S& s) { show_view(s, View::kProcesses); }},
    {ch('2'), ch('H'), "", "", [](S& s) { show_view(s, View::kThreads); }},
    {ch('3'), kNone, "", "", [](S& s) { show_view(s, View::kUnits); }},
    {ch('4'), kNone, "4 5", "queries, endpoints", [](S& s) { show_view(s, View::kQueries); }},
    {ch('5'), kNone, "", "", [](S& s) { show_view(s, View::kEndpoints); }},
    {ch('6'), kNone, "6 7", "databases, services", [](S& s) { show_view(s, View::kDatabases); }},
    {ch('7'), kNone, "", "", [](S& s) { show_view(s, View::kServices); }},
    {ch('8'), kNone, "8 9", "tasks, findings", [](S& s) { show_view(s, View::kTasks); }},
    {ch('9'), kNone, "", "", [](S& s) { show_view(s, View::kFindings); }},
    {ch('V'), ch('v'), "V", "tree or list", toggle_tree},
    {ch('t'), kNone, "t", "throttle it", propose_throttle},
    {ch('U'), kNone, "U", "undo a throttle", propose_undo},
    {named(KeyName::kEnter), kNone, "Enter", "explain it; open a unit", open},
    {ch('z'), kNone, "z", "its unit only; again: back", zoom},
    {named(KeyName::kEscape), named(KeyName::kBackspace), "Esc", "clear filter, leave unit",
     go_back},
    {ch('/'), kNone, "/", "filter by name or unit",
     [](S& s) { ask(s, Prompt::kFilter, s.filter); }},
    {ch('f'), kNone, "f", "find", [](S& s) { ask(s, Prompt::kFind, ""); }},
    {ch('n'), kNone, "n", "find the next one", find_next},
    {ch('u'), kNone, "u", "one user only", [](S& s) { ask(s, Prompt::kUser, s.user); }},
    {ch('i'), kNone, "i", "hide what is idle", [](S& s) { s.hide_idle = !s.hide_idle; }},
    {ch('K'), kNone, "K", "hide kernel threads", [](S& s) { s.hide_kernel = !s.hide_kernel; }},
    {ch('F'), kNone, "F", "follow this line", follow},
    {ch(' '), kNone, "Space", "pause", [](S& s) { s.paused = !s.paused; }},
    {ch('s'), ch('d'), "s", "set the interval", [](S& s) { ask(s, Prompt::kInterval, ""); }},
    {ch('c'), kNone, "c", "choose columns",
     [](S& s) { s.pane = Pane::kColumns, s.chooser_cursor = 0; }},
    {named(KeyName::kDown), ch('j'), "Up Down", "move the cursor", [](S& s) { move(s, 1); }},
    {named(KeyName::kUp), ch('k'), "", "", [](S& s) { move(s, -1); }},
    {named(KeyName::kPageDown), kNone, "PgUp PgDn", "a page up, down",
     [](S& s) { move(s, table_rows(s)); }},
    {named(KeyName::kPageUp), kNone, "", "", [](S& s) { move(s, -table_rows(s)); }},
    {named(KeyName::kHome), ch('g'), "Home End", "first line, last line",
     [](S& s) { move(s, -s.cursor); }},
    {named(KeyName::kEnd), ch('G'), "", "",
     [](S& s) { move(s, static_cast<int>(s.lines.size())); }},
    {ch('?'), ch('h'), "?", "this help", [](S& s) { s.pane = Pane::kHelp, s.help_scroll = 0; }},
    {ch('q'), ch('Q'), "q", "quit; in a pane: back", [](S& s) { s.quit = true; }},
};

}  // namespace

std::span<const Binding> bindings() {
  return kBindings;
}

}  // namespace culprit
