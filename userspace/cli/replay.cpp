// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cli/command.h"
#include "cli/commands.h"

namespace culprit {
namespace po = boost::program_options;
namespace {

constexpr std::string_view kUsage = "replay FILE -- SUBCOMMAND [OPTION...]";

}  // namespace

int run_replay(const std::vector<std::string>& arguments) {
  const auto separator = std::find(arguments.begin(), arguments.end(), "--");
  po::options_description options("options");
  options.add_options()("file", po::value<std::string>(), "the recording to read");
  po::positional_options_description positional;
  positional.add("file", 1);
  const auto parsed = parse_arguments(
      {arguments.begin(), separator}, kUsage, options, positional,
      "\nRuns any reading subcommand as SUBCOMMAND --from FILE: culprit replay F -- analyze\n");
  if (!parsed) return report(parsed.error());
  if (parsed->help_shown) return kExitDone;
  if (!parsed->values.count("file") || arguments.end() - separator < 2)
    return report({ErrorKind::kUsage, "write culprit " + std::string(kUsage)});
  std::vector<std::string> rest(separator + 1, arguments.end());
  const std::string name = rest.front();
  rest.erase(rest.begin());
  rest.insert(rest.end(), {"--from", parsed->values["file"].as<std::string>()});
  for (const Command& command : commands())
    if (command.name == name) return command.run(rest);
  return report({ErrorKind::kUsage, "no command '" + name + "'; culprit --help lists them"});
}

}  // namespace culprit
