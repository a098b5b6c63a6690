// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "act/lease.h"
#include "serve/json_writer.h"

namespace culprit {

/// What culprit did, would do or waits for a word to do: ACTION of DESIGN §6.
struct Action {
  std::string id;
  std::string mode;   ///< "person", "recommendation", "observe", "dry-run", "approve" or "auto"
  std::string state;  ///< "proposed", "active", "kept", "ended" or "vetoed"
  LeaseTarget target;
  std::string victim;  ///< "" on a person's word alone
  std::string knob, old_text, new_text;
  std::optional<std::int64_t> applied_wall_ns, deadline_wall_ns, ended_wall_ns;
  std::optional<std::string> verdict;  ///< "helped", "no_effect", "worse" or "inconclusive"
  std::string verdict_because, ended_because;
  std::string account;               ///< what it has done so far; "" where nobody counts
  std::vector<std::string> reasons;  ///< why, or what speaks against it
  std::string undo;                  ///< how to take it back; "" when there is nothing
};

Action action_of(const Lease& lease);

/// One action as a JSON object.
void write_action(JsonWriter& out, const Action& action);
/// The document that `culprit actions --format json` prints: culprit.actions/1, on one line.
std::string actions_json(const std::vector<Action>& actions);

}  // namespace culprit
