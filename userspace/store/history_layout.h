// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/history_tick.h"
#include "util/result.h"

namespace culprit {

/// Which numbers the rows of a file hold, in which order and rounded to what. A version of culprit
/// that keeps other numbers writes another layout beside it, and reads what both have.
struct HistoryLayout {
  struct Slot {
    std::optional<std::size_t> place;  ///< in history_metrics(); absent: not known here
    double step = 1;
  };
  std::array<std::vector<Slot>, kHistoryKinds> slots;

  const std::vector<Slot>& of(HistoryKind kind) const {
    return slots[static_cast<std::size_t>(kind)];
  }
};

/// What this version writes, and the same as the JSON that is kept.
HistoryLayout current_history_layout();
std::string current_history_layout_text();

/// Reads such JSON out of a file that nobody vouches for.
Result<HistoryLayout> parse_history_layout(std::string_view text);

}  // namespace culprit
