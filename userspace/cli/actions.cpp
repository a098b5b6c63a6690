// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <iostream>
#include <string>

#include "act/action_json.h"
#include "act/actuators.h"
#include "act/journal.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/rein_options.h"
#include "util/rfc3339.h"

namespace culprit {
namespace po = boost::program_options;
namespace {

void print_text(const std::vector<Action>& actions) {
  for (const Action& action : actions) {
    std::cout << rfc3339(*action.applied_wall_ns) << "  " << action.id << "  " << action.state
              << "  " << action.mode << "  " << action.target.name << ": " << action.knob << ": "
              << action.new_text << '\n';
    const auto line = [](const char* head, const std::string& text) {
      if (!text.empty()) std::cout << "    " << head << text << '\n';
    };
    line("before: ", action.old_text);
    line("for: ", action.victim);
    for (const std::string& reason : action.reasons) line("because: ", reason);
    line("counted: ", action.account);
    if (action.verdict) line("verdict: ", *action.verdict + ": " + action.verdict_because);
    if (action.state == "kept")
      line("until: ", "the host is started anew; undo: " + action.undo);
    else if (action.state == "active")
      line("until: ", rfc3339(*action.deadline_wall_ns) + "; undo: " + action.undo);
    else
      line("ended: ", rfc3339(*action.ended_wall_ns) + ": " + action.ended_because);
  }
}

/// What is in force is asked what it has done; what has ended has it in the journal.
std::vector<Action> actions_of(const std::vector<Lease>& leases) {
  HostActuators actuators;
  std::vector<Action> actions;
  for (const Lease& lease : leases) {
    Action& action = actions.emplace_back(action_of(lease));
    if (!lease.open()) continue;
    for (const ValueChange& change : lease.changes)
      if (const std::string account = actuators.account(change.place); !account.empty())
        action.account += (action.account.empty() ? "" : "; ") + account;
  }
  return actions;
}

/// To look makes no directory where there is none.
Result<JournalText> read_journal(const std::string& directory) {
  std::error_code error;
  if (!std::filesystem::exists(directory, error)) return JournalText{};
  const auto journal = Journal::open(directory);
  if (!journal) return tl::unexpected<Error>(journal.error());
  auto held = journal->read();
  if (held && held->unreadable > 0)
    std::cerr << "culprit: " << journal->file().string() << ": " << held->unreadable
              << " lines cannot be read\n";
  return held;
}

Status run(const po::variables_map& values) {
  const std::string format = values["format"].as<std::string>();
  if (format != "text" && format != "json")
    return misuse("--format is text or json, not '" + format + "'");
  const auto held = read_journal(values["state"].as<std::string>());
  if (!held) return tl::unexpected<Error>(held.error());
  const std::vector<Action> actions = actions_of(held->leases);
  if (format == "json")
    std::cout << actions_json(actions) << '\n';
  else
    print_text(actions);
  if (actions.empty() && format == "text") std::cerr << "culprit: nothing was changed since boot\n";
  return {};
}

}  // namespace

int run_actions(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  options.add_options()("format,f", po::value<std::string>()->default_value("text"),
                        "text or json");
  add_state_option(options);
  const auto parsed =
      parse_arguments(arguments, "actions [OPTION...]", options, {},
                      "\nWhat culprit changed on this host since it was started, oldest first.\n");
  if (!parsed) return report(parsed.error());
  if (parsed->help_shown) return kExitDone;
  const Status done = run(parsed->values);
  return done ? kExitDone : report(done.error());
}

}  // namespace culprit
