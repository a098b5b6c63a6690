// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "view/canvas.h"
#include "view/keys.h"

namespace culprit {

/// Asks for an offer to slow what the cursor is on: a process or a task.
void propose_throttle(TopState& state);
/// Lists what is in force, to undo one of it.
void propose_undo(TopState& state);

/// A key in one of these panes.
void answer_throttle(TopState& state, Key key);
void answer_undo(TopState& state, Key key);

/// The desk has answered.
void accept_news(TopState& state, DeskNews news);

void draw_throttle(Canvas& canvas, const TopState& state, int top, int height);
void draw_undo(Canvas& canvas, const TopState& state, int top, int height);

/// What is in force now, newest first; points into the snapshot.
std::vector<const Action*> active_actions(const Snapshot& snapshot);
/// One line: who is slowed, how, for how long still, and what it has brought so far.
std::string action_line(const Action& action, std::int64_t now_wall_ns);

}  // namespace culprit
