// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/positional_options.hpp>
#include <boost/program_options/variables_map.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "util/result.h"

namespace culprit {

/// Exit codes of every subcommand (DESIGN §5).
enum ExitCode { kExitDone = 0, kExitFailed = 1, kExitUsage = 2, kExitHost = 3 };

/// One subcommand; one file in cli/ each, one row in commands().
struct Command {
  std::string_view name;
  std::string_view summary;  ///< one line for `culprit --help`
  int (*run)(const std::vector<std::string>& arguments);
};

/// The subcommands in the order in which help lists them.
const std::vector<Command>& commands();

/// Runs the subcommand that the arguments name; returns the exit code.
int run_command_line(int argc, char** argv);

/// Prints the one line of an error to stderr and returns its exit code.
int report(const Error& error);

/// Options of one subcommand as parsed, or that help was asked for and printed.
struct ParsedArguments {
  boost::program_options::variables_map values;
  bool help_shown = false;
};

/// Parses strictly (unknown options and stray words are misuse) and answers --help,
/// which is added here, with `usage`, the options and `epilogue`.
Result<ParsedArguments> parse_arguments(
    const std::vector<std::string>& arguments, std::string_view usage,
    boost::program_options::options_description options,
    const boost::program_options::positional_options_description& positional = {},
    std::string_view epilogue = "");

}  // namespace culprit
