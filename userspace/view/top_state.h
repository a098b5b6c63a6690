// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "view/column.h"
#include "view/history.h"
#include "view/throttle_desk.h"

namespace culprit {

enum class Pane { kTable, kDetail, kHelp, kColumns, kThrottle, kUndo };
enum class Prompt { kNone, kFilter, kFind, kUser, kInterval };

struct Sort {
  std::string_view id;
  bool descending = true;
};

/// How the user wants to see one view.
struct ViewState {
  Sort sort;
  bool tree = false;
  ColumnChoice columns;
};
std::array<ViewState, kViews> initial_views();

/// A throttle that is being talked about.
struct ThrottleDialogue {
  ThrottleWish wish;
  std::string name;  ///< of who would be slowed
  double cpu_cores = 0;
  double disk_bytes = 0;               ///< a second
  std::optional<ThrottleOffer> offer;  ///< absent: asked for
};

/// Everything that `culprit top` is at a moment. Keys change it, snapshots arrive in
/// it, settle() makes it consistent, draw_screen() shows it.
struct TopState {
  std::shared_ptr<const Snapshot> snapshot;  ///< shown; null before the first
  std::shared_ptr<const Snapshot> newest;    ///< differs while paused
  History history;
  int width = 80, height = 24;
  double interval_seconds = 1;
  double late_seconds = 0;  ///< how long ago the next snapshot was due
  bool replay = false, replay_ended = false;

  View view = View::kProcesses;
  Pane pane = Pane::kTable;
  std::array<ViewState, kViews> views = initial_views();
  std::string filter, find, user;
  bool hide_idle = false, hide_kernel = false;
  std::optional<std::string> zoom;  ///< cgroup path whose processes are shown
  bool paused = false, follow = false, quit = false;

  Prompt prompt = Prompt::kNone;
  std::string typed;    ///< in the prompt
  std::string message;  ///< answer to the last key

  std::vector<Line> lines;  ///< of `snapshot`, filtered and sorted
  std::optional<LineKey> selected;
  int cursor = 0, scroll = 0;
  std::optional<LineKey> detail;  ///< in Pane::kDetail
  int chooser_cursor = 0;         ///< in Pane::kColumns
  int help_scroll = 0;
  ThrottleDialogue throttle;        ///< in Pane::kThrottle
  std::string undo;                 ///< in Pane::kUndo: id of the chosen action
  std::vector<DeskRequest> to_ask;  ///< of the desk, which takes them
  std::string desk_refusal;         ///< why nothing can be throttled from here; "": it can

  ViewState& shown() { return views[static_cast<std::size_t>(view)]; }
  const ViewState& shown() const { return views[static_cast<std::size_t>(view)]; }
  const Sort& sort() const { return shown().sort; }
  bool is_tree() const { return traits_of(view).has_tree && shown().tree; }
  /// nullptr when nothing is selected.
  const Line* selected_line() const;
};

/// A snapshot has come: remembered in the history, shown unless paused.
void accept_snapshot(TopState& state, std::shared_ptr<const Snapshot> snapshot);

/// Makes the lines anew and keeps cursor and scroll within them.
void settle(TopState& state);

/// Goes from units to the processes of one; and back. False: nowhere to go.
bool zoom_in(TopState& state);
bool zoom_out(TopState& state);

}  // namespace culprit
