// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/action.h"
#include "serve/json_writer.h"
#include "util/result.h"

namespace culprit {

/// One member of ACTION, and what it says; docs/fields.md is made of these.
struct ActionMember {
  std::string_view id, help;
};
std::span<const ActionMember> action_members();

/// One action as a JSON object.
void write_action(JsonWriter& out, const Action& action);
/// The same as text, on one line.
std::string action_json(const Action& action);
/// The document that `culprit actions --format json` prints: culprit.actions/1, on one line.
std::string actions_json(const std::vector<Action>& actions);

/// Reads one object, from a daemon or a file that nobody vouches for; what it lacks is absent. An
/// error names the JSON pointer of what is missing or of another kind.
Result<Action> parse_action(std::string_view text);
/// The same of a document culprit.actions/1.
Result<std::vector<Action>> parse_actions(std::string_view text);

}  // namespace culprit
