// SPDX-License-Identifier: Apache-2.0
#include "cli/action_record.h"

#include <algorithm>
#include <iostream>
#include <set>

#include "act/actuators.h"
#include "act/journal_watch.h"
#include "cli/rein_options.h"
#include "config/daemon_config.h"
#include "serve/json_action.h"
#include "store/daemon_client.h"
#include "store/history_reader.h"
#include "util/clock.h"

namespace culprit {
namespace po = boost::program_options;
namespace {

constexpr std::int64_t kAllHistoryNs = 366ll * 86'400 * 1'000'000'000;

/// One that was in force when it was last told of, and of which no journal of this boot tells.
void close_what_is_gone(Action& action) {
  if (action.state != "active" && action.state != "kept") return;
  action.state = "ended";
  action.undo.clear();
  action.ended_because = "it went with the boot, or its journal did";
}

/// What is in force is asked what it has done; what has ended has that in the journal.
void tell_accounts(const std::vector<Lease>& leases, std::vector<Action>& actions) {
  HostActuators actuators;
  for (std::size_t index = 0; index < leases.size(); ++index) {
    if (!leases[index].open()) continue;
    std::string& account = actions[index].account;
    for (const ValueChange& change : leases[index].changes)
      if (const std::string text = actuators.account(change.place); !text.empty())
        account += (account.empty() ? "" : "; ") + text;
  }
}

Result<std::vector<Action>> kept_actions(const po::variables_map& values, std::int64_t since_ns,
                                         const std::set<std::string>& known) {
  std::vector<Action> actions;
  const auto reader = HistoryReader::open(values["history"].as<std::string>());
  if (!reader && values["history"].defaulted()) return actions;
  if (!reader) return tl::unexpected<Error>(reader.error());
  const auto now = static_cast<std::int64_t>(clock_ns(CLOCK_REALTIME));
  const auto kept = (*reader)->actions({since_ns, now + 1});
  if (!kept) return tl::unexpected<Error>(kept.error());
  for (const HistoryAction& one : *kept) {
    if (known.count(one.id) > 0) continue;
    auto action = parse_action(one.document);
    if (!action) continue;  // another version wrote it
    close_what_is_gone(*action);
    actions.push_back(std::move(*action));
  }
  return actions;
}

std::int64_t time_of(const Action& action) {
  return action.applied_wall_ns.value_or(0);
}

std::optional<Action> proposal(const std::string& id) {
  auto client = DaemonClient::connect(kSocketPath);
  if (!client) return std::nullopt;
  const auto answer = client->ask(R"({"get":"actions"})");
  const auto actions = answer ? parse_actions(*answer) : fail("");
  if (!actions) return std::nullopt;
  const auto found = std::find_if(actions->begin(), actions->end(),
                                  [&](const Action& action) { return action.id == id; });
  return found == actions->end() ? std::nullopt : std::optional(*found);
}

}  // namespace

void add_action_options(po::options_description& options) {
  add_state_option(options);
  options.add_options()("history", po::value<std::string>()->default_value(kHistoryPath),
                        "the file of history, in which the daemon keeps what was done");
}

Result<std::vector<Action>> known_actions(const po::variables_map& values,
                                          std::optional<std::int64_t> since_ns) {
  const std::string directory = values["state"].as<std::string>();
  JournalWatch journal(directory);
  journal.look();
  if (!journal.error().empty()) return fail(journal.error());
  if (journal.unreadable_lines() > 0)
    std::cerr << "culprit: " << directory << "/journal: " << journal.unreadable_lines()
              << " lines cannot be read\n";
  std::vector<Action> actions = journal.actions();
  tell_accounts(journal.leases(), actions);
  if (!since_ns) return actions;
  std::set<std::string> known;
  for (const Action& action : actions) known.insert(action.id);
  std::erase_if(actions, [&](const Action& action) {
    return time_of(action) < *since_ns && action.ended_wall_ns;
  });
  auto kept = kept_actions(values, *since_ns, known);
  if (!kept) return kept;
  actions.insert(actions.end(), std::make_move_iterator(kept->begin()),
                 std::make_move_iterator(kept->end()));
  std::stable_sort(actions.begin(), actions.end(),
                   [](const Action& a, const Action& b) { return time_of(a) < time_of(b); });
  return actions;
}

Result<std::optional<Action>> find_action(const po::variables_map& values, const std::string& id) {
  if (id.starts_with('p')) return proposal(id);
  const auto now = static_cast<std::int64_t>(clock_ns(CLOCK_REALTIME));
  auto actions = known_actions(values, now - kAllHistoryNs);
  if (!actions) return tl::unexpected<Error>(actions.error());
  for (Action& action : *actions)
    if (action.id == id) return std::optional(std::move(action));
  return std::optional<Action>();
}

bool is_action_id(std::string_view text) {
  constexpr std::size_t kLeaseId = 9;
  if (text.starts_with('r'))
    return text.size() == kLeaseId &&
           text.find_first_not_of("0123456789abcdef", 1) == std::string_view::npos;
  return text.size() > 1 && text.starts_with('p') &&
         text.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

}  // namespace culprit
