// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "view/top_state.h"

namespace culprit {

/// The rows of the state's view: filtered, sorted, as a tree where that is on.
std::vector<Line> make_lines(const TopState& state, const Snapshot& snapshot);

/// True when a name that the line shows holds `text`, whatever its case.
bool line_matches(const Line& line, std::string_view text);

/// True when the cgroup is `path` or below it.
bool is_below(std::string_view cgroup, std::string_view path);

}  // namespace culprit
