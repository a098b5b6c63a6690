// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace culprit {

/// Who is throttled, as it was called.
struct LeaseTarget {
  std::string kind;  ///< "process", "unit", "task" or "host"
  std::string name;
  std::optional<std::uint32_t> pid;
  std::optional<std::uint64_t> start_time_ns;
};

/// What an action should bring.
struct ExpectedImpact {
  std::string text;  ///< one line; "" where nothing tells
  /// Of who suffers: the p95 afterwards over the one before; absent where it cannot be told.
  std::optional<double> p95_ratio;
};

/// The p95 of who suffers on both sides of an action: medians over its intervals.
struct MeasuredImpact {
  double before_seconds = 0, after_seconds = 0;
  std::uint64_t before_intervals = 0, after_intervals = 0;
  double chance = 1;  ///< that they do not differ, by the rank test
  std::optional<double> p95_ratio() const {
    return before_seconds > 0 ? std::optional(after_seconds / before_seconds) : std::nullopt;
  }
};

/// One value that an action changed.
struct ActionChange {
  std::string place, old_value, intended;
  std::optional<std::string> applied;  ///< as read back; absent: it may not have been written
  std::string undone;                  ///< what became of it; "" while it holds
};

/// What culprit did, would do or waits for a word to do: ACTION of DESIGN §6.
struct Action {
  std::string id;
  std::string mode;     ///< "person", "recommendation", "observe", "dry-run", "approve" or "auto"
  std::string state;    ///< "proposed", "active", "kept", "ended" or "vetoed"
  std::string consent;  ///< "auto": the engine may do it by itself; "ask": a person has to
  LeaseTarget target;
  std::string victim;  ///< "" on a person's word alone
  std::string knob, old_text, new_text;
  std::optional<std::int64_t> applied_wall_ns, deadline_wall_ns, ended_wall_ns;
  ExpectedImpact expected;
  std::optional<std::string> verdict;  ///< "helped", "no_effect", "worse" or "inconclusive"
  std::string verdict_because, ended_because;
  std::string account;                     ///< what it has done so far; "" where nobody counts
  std::optional<MeasuredImpact> measured;  ///< what the verdict rests on
  std::vector<std::string> reasons;        ///< why, or what speaks against it
  std::vector<std::string> guards;         ///< that were asked
  std::vector<std::string> overridden;     ///< what they said, and a person's word lifted
  std::vector<ActionChange> changes;       ///< the first of them
  std::uint64_t changes_left_out = 0;      ///< so many more
  std::string undo;                        ///< how to take it back; "" when there is nothing
};

}  // namespace culprit
