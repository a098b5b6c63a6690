// SPDX-License-Identifier: Apache-2.0
#include "act/undo.h"

namespace culprit {

Undone undo(Actuator& actuator, const ValueChange& change) {
  if (actuator.presence(change.place) != Presence::kThere) return {UndoOutcome::kGone, ""};
  const auto present = actuator.read(change.place);
  // It may have gone in between.
  if (!present && actuator.presence(change.place) != Presence::kThere)
    return {UndoOutcome::kGone, ""};
  if (!present) return {UndoOutcome::kFailed, present.error().message};
  if (*present == change.old_value) return {UndoOutcome::kAlready, ""};
  if (*present != change.applied.value_or(change.intended) && *present != change.intended)
    return {UndoOutcome::kForeign, *present};
  const std::string account = actuator.account(change.place);
  const Status written = actuator.write(change.place, change.old_value);
  if (!written && actuator.presence(change.place) != Presence::kThere)
    return {UndoOutcome::kGone, ""};
  if (!written) return {UndoOutcome::kFailed, written.error().message};
  const auto after = actuator.read(change.place);
  if (!after) return {UndoOutcome::kFailed, after.error().message};
  if (*after != change.old_value)
    return {UndoOutcome::kFailed, place_text(change.place) + ": is '" + *after + "', not '" +
                                      change.old_value + "', after it was written"};
  return {UndoOutcome::kRestored, account};
}

}  // namespace culprit
