// SPDX-License-Identifier: Apache-2.0
#include "act/lease.h"

#include <array>

namespace culprit {
namespace {

constexpr std::array<std::string_view, 5> kOutcomes = {"restored", "already", "foreign", "gone",
                                                       "failed"};

}  // namespace

std::string_view undo_outcome_name(UndoOutcome outcome) {
  return kOutcomes[static_cast<std::size_t>(outcome)];
}

std::optional<UndoOutcome> undo_outcome(std::string_view name) {
  for (std::size_t index = 0; index < kOutcomes.size(); ++index)
    if (kOutcomes[index] == name) return static_cast<UndoOutcome>(index);
  return std::nullopt;
}

std::string account_text(const Lease& lease) {
  std::string text;
  for (const ValueChange& change : lease.changes)
    if (change.undone && change.undone->outcome == UndoOutcome::kRestored &&
        !change.undone->detail.empty())
      text += (text.empty() ? "" : "; ") + change.undone->detail;
  return text;
}

std::string undo_text(const Lease& lease) {
  std::array<std::size_t, kOutcomes.size()> counts{};
  std::string left;
  for (const ValueChange& change : lease.changes) {
    if (!change.undone) continue;
    ++counts[static_cast<std::size_t>(change.undone->outcome)];
    if (change.undone->outcome == UndoOutcome::kForeign)
      left += "; " + place_text(change.place) + " is left at '" + change.undone->detail +
              "', which somebody else wrote";
    if (change.undone->outcome == UndoOutcome::kFailed) left += "; " + change.undone->detail;
  }
  const auto count = [&](UndoOutcome outcome) {
    return std::to_string(counts[static_cast<std::size_t>(outcome)]);
  };
  return count(UndoOutcome::kRestored) + " restored, " + count(UndoOutcome::kAlready) +
         " as they were, " + count(UndoOutcome::kGone) + " gone" + left;
}

}  // namespace culprit
