// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "view/top_state.h"

namespace culprit {

/// The rows of the state's view: filtered, sorted, as a tree where that is on.
std::vector<Line> make_lines(const TopState& state, const Snapshot& snapshot);

/// True when the snapshot has any row for the view, shown or not.
bool has_lines(View view, const Snapshot& snapshot);

LineKey key_of(const Line& line);

/// Of what the detail pane explains: a thread is explained by its process.
LineKey detail_key(const Line& line);
/// The line with that detail_key(), filtered or not.
std::optional<Line> find_detail(View view, const Snapshot& snapshot, const LineKey& key);

/// True when a name that the line shows holds `text`, whatever its case.
bool line_matches(const Line& line, std::string_view text);

}  // namespace culprit
