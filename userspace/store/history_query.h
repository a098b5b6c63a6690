// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/history_reader.h"

namespace culprit {

/// One line of a table over time.
struct HistoryStep {
  TimeSpan span;
  std::optional<HistoryTick> tick;  ///< absent: nothing was kept of it
};

/// A time as people look at it: in steps, and as a whole.
struct HistoryRange {
  std::string host;  ///< JSON; "" not known
  TimeSpan span;
  std::int64_t step_ns = 0;
  std::vector<HistoryStep> steps;
  std::optional<HistoryTick> whole;  ///< absent: nothing was kept at all
  std::vector<HistoryFinding> findings;
  std::vector<HistoryGap> gaps;  ///< with those in which nobody watched
  std::vector<HistoryAction> actions;
};

/// A moment: the finest interval that holds it, and what was found then.
struct HistoryMoment {
  std::string host;
  std::int64_t time_ns = 0;
  std::optional<HistoryTick> tick;
  std::vector<HistoryFinding> findings;
  std::vector<HistoryAction> actions;  ///< that were in force then
};

/// Reads a time in at most so many steps of a round length.
Result<HistoryRange> read_range(HistoryReader& reader, TimeSpan span, std::size_t most_steps);

Result<HistoryMoment> read_moment(HistoryReader& reader, std::int64_t time_ns);

}  // namespace culprit
