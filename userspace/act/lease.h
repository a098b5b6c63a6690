// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "act/place.h"
#include "model/action.h"

namespace culprit {

/// What became of a value when it was taken back.
enum class UndoOutcome : std::uint8_t {
  kRestored,  ///< it was ours and is the old one again
  kAlready,   ///< it was the old one
  kForeign,   ///< somebody else wrote another one, which stays
  kGone,      ///< the cgroup or thread is no more, or another one has its name
  kFailed,    ///< the kernel refused; it is tried again
};

/// How a value was taken back.
struct Undone {
  UndoOutcome outcome = UndoOutcome::kAlready;
  /// The foreign value, or why it failed; of what was restored, what it had done.
  std::string detail;
};

/// One value that a lease changes.
struct ValueChange {
  Place place;
  std::string old_value, intended;
  std::optional<std::string> applied;  ///< as read back; absent: it may or may not be written
  /// It lies in a cgroup of our own and goes with it.
  bool goes_with_cgroup = false;
  std::optional<Undone> undone;
};

/// Who undoes a lease when its time has come, or is gone himself.
struct Keeper {
  std::uint32_t pid = 0;
  std::uint64_t start_ticks = 0;
};

/// A limit that ends by itself.
struct Lease {
  std::string id;
  std::string boot_id;
  LeaseTarget target;
  std::string victim;  ///< for whose sake; "" on a person's word alone
  std::string by;      ///< "person", "recommendation" or "engine"
  std::string reason;
  std::string knob;                             ///< "cpu weight", "cpu quota", …
  std::string old_text, new_text;               ///< of the knob, for a person
  std::string undo_text;                        ///< how to undo it
  std::uint64_t begun_ns = 0, deadline_ns = 0;  ///< CLOCK_BOOTTIME
  std::int64_t applied_wall_ns = 0, deadline_wall_ns = 0;
  Keeper keeper;
  ExpectedImpact expected;
  std::vector<std::string> guards;      ///< that were asked
  std::vector<std::string> overridden;  ///< what they said, and a person's word lifted
  /// It has no deadline and outlives culprit: a setting of the kernel that a person wants so.
  bool kept = false;
  std::vector<ValueChange> changes;
  std::optional<std::string> verdict, verdict_because;
  std::optional<MeasuredImpact> measured;  ///< what the verdict rests on
  std::string closed_because;              ///< "" while it is open
  std::int64_t closed_wall_ns = 0;
  bool open() const { return closed_because.empty(); }
};

/// "restored", "already", "foreign", "gone" or "failed".
std::string_view undo_outcome_name(UndoOutcome outcome);
std::optional<UndoOutcome> undo_outcome(std::string_view name);

/// What a lease that was taken back had done, as far as anybody counted; else "".
std::string account_text(const Lease& lease);

/// "took back" and what could not be, for a person; one line.
std::string undo_text(const Lease& lease);

}  // namespace culprit
