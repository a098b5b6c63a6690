// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <string>

#include "cli/action_record.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "serve/json_action.h"
#include "util/clock.h"
#include "util/when.h"
#include "view/action_report.h"

namespace culprit {
namespace po = boost::program_options;
namespace {

constexpr char kEpilogue[] =
    "\nWhat culprit changed on this host since it was started, oldest first; with --since what "
    "the\n"
    "daemon has kept in history, too, which a restart of the host does not end. culprit why ID\n"
    "explains one.\n";

Status run(const po::variables_map& values) {
  const std::string format = values["format"].as<std::string>();
  if (format != "text" && format != "json")
    return misuse("--format is text or json, not '" + format + "'");
  std::optional<std::int64_t> since;
  if (values.count("since")) {
    const auto time = parse_when(values["since"].as<std::string>(),
                                 static_cast<std::int64_t>(clock_ns(CLOCK_REALTIME)));
    if (!time) return tl::unexpected<Error>(time.error());
    since = *time;
  }
  const auto actions = known_actions(values, since);
  if (!actions) return tl::unexpected<Error>(actions.error());
  if (format == "json")
    std::cout << actions_json(*actions) << '\n';
  else
    std::cout << actions_report(*actions);
  if (actions->empty() && format == "text")
    std::cerr << "culprit: nothing was changed since " << (since ? "then" : "boot") << '\n';
  return {};
}

}  // namespace

int run_actions(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  options.add_options()("since", po::value<std::string>(),
                        "from when on, out of history, too: 3d, 2h, \"yesterday 14:05\"")(
      "format,f", po::value<std::string>()->default_value("text"), "text or json");
  add_action_options(options);
  const auto parsed = parse_arguments(arguments, "actions [OPTION...]", options, {}, kEpilogue);
  if (!parsed) return report(parsed.error());
  if (parsed->help_shown) return kExitDone;
  const Status done = run(parsed->values);
  return done ? kExitDone : report(done.error());
}

}  // namespace culprit
