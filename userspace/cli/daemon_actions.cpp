// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon_actions.h"

#include "act/lease_action.h"
#include "serve/json_action.h"
#include "util/clock.h"

namespace culprit {
namespace {

std::vector<Action> together(std::vector<Action> done, const std::vector<Action>& proposals) {
  done.insert(done.end(), proposals.begin(), proposals.end());
  return done;
}

}  // namespace

void DaemonActions::look(HistoryWriter* history) {
  if (!journal_.look()) return;
  line_is_old_ = true;
  if (!history) return;
  std::map<std::string, std::string> documents;
  for (const Action& action : journal_.actions()) {
    std::string document = action_json(action);
    const auto before = told_.find(action.id);
    if (before == told_.end() || before->second != document)
      history->write(HistoryAction{action.id, action.applied_wall_ns.value_or(0),
                                   action.target.name, action.verdict.value_or(""), document});
    documents.emplace(action.id, std::move(document));
  }
  told_ = std::move(documents);
}

void DaemonActions::fill(Snapshot& snapshot, const std::vector<Action>& proposals) {
  snapshot.actions = together(recent_actions(journal_.actions(), snapshot.end_wall_ns), proposals);
  preview_.fill(snapshot, clock_ns(CLOCK_MONOTONIC));
}

Message DaemonActions::line(const std::vector<Action>& proposals) {
  if (!line_is_old_ && proposals.empty()) return line_;
  line_ = std::make_shared<const std::string>(
      actions_json(together(journal_.actions(), proposals)) + '\n');
  line_is_old_ = !proposals.empty();
  return line_;
}

}  // namespace culprit
