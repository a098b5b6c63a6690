// SPDX-License-Identifier: Apache-2.0
#include "act/lease_action.h"

#include <algorithm>

namespace culprit {
namespace {

/// A change of each thread of a large process would hide all else.
constexpr std::size_t kMostChanges = 20;
constexpr std::int64_t kRecentNs = 600ll * 1'000'000'000;

std::string undone_text(const Undone& undone) {
  std::string text(undo_outcome_name(undone.outcome));
  return undone.detail.empty() ? text : text + ": " + undone.detail;
}

}  // namespace

Action action_of(const Lease& lease) {
  Action action;
  action.id = lease.id;
  action.mode = lease.by;
  action.state = !lease.open() ? "ended" : lease.kept ? "kept" : "active";
  action.consent = lease.by == "auto" ? "auto" : "ask";
  action.target = lease.target;
  action.victim = lease.victim;
  action.knob = lease.knob;
  action.old_text = lease.old_text;
  action.new_text = lease.new_text;
  action.applied_wall_ns = lease.applied_wall_ns;
  if (!lease.kept) action.deadline_wall_ns = lease.deadline_wall_ns;
  if (!lease.open()) action.ended_wall_ns = lease.closed_wall_ns;
  action.expected = lease.expected;
  action.verdict = lease.verdict;
  action.verdict_because = lease.verdict_because.value_or("");
  action.ended_because = lease.closed_because;
  action.account = account_text(lease);
  action.measured = lease.measured;
  if (!lease.reason.empty()) action.reasons.push_back(lease.reason);
  action.guards = lease.guards;
  action.overridden = lease.overridden;
  for (const ValueChange& change : lease.changes) {
    if (action.changes.size() == kMostChanges) break;
    action.changes.push_back({place_text(change.place), change.old_value, change.intended,
                              change.applied, change.undone ? undone_text(*change.undone) : ""});
  }
  action.changes_left_out = lease.changes.size() - action.changes.size();
  if (lease.open()) action.undo = lease.undo_text;
  return action;
}

std::vector<Action> recent_actions(const std::vector<Action>& actions, std::int64_t wall_ns) {
  std::vector<Action> recent;
  std::copy_if(actions.begin(), actions.end(), std::back_inserter(recent),
               [&](const Action& action) {
                 return !action.ended_wall_ns || *action.ended_wall_ns + kRecentNs > wall_ns;
               });
  return recent;
}

}  // namespace culprit
