// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

#include <algorithm>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/parsers.hpp>
#include <cctype>
#include <exception>
#include <iostream>

#include "view/page.h"

namespace culprit {
namespace po = boost::program_options;
namespace {

void print_overview(std::ostream& out) {
  out << "culprit " CULPRIT_VERSION
         ": names what is slowing this host, with evidence from the kernel\n\n"
         "usage: culprit COMMAND [OPTION...]\n\n";
  std::size_t width = 0;
  for (const Command& command : commands()) width = std::max(width, command.name.size());
  for (const Command& command : commands())
    out << "  " << command.name << std::string(width - command.name.size() + 2, ' ')
        << command.summary << '\n';
  out << "\nculprit COMMAND --help tells more. Exit codes: 0 done, 1 a gate failed or nothing was\n"
         "found, 2 wrong usage, 3 this host cannot.\n";
}

/// The options that need no name, for their place tells which they are.
std::vector<std::string> names_of(const po::positional_options_description& positional) {
  std::vector<std::string> names;
  for (unsigned place = 0; place < positional.max_total_count(); ++place) {
    const std::string& name = positional.name_for_position(place);
    if (!names.empty() && names.back() == name) break;  // of which there may be any number
    names.push_back(name);
  }
  return names;
}

void print_argument(std::ostream& out, std::string name, std::size_t width,
                    const std::string& about) {
  constexpr std::size_t kCells = 78;
  std::transform(name.begin(), name.end(), name.begin(), ::toupper);
  name.resize(width, ' ');
  std::string begin = "  " + name + "  ";
  for (const std::string& line : wrap(about, static_cast<int>(kCells - begin.size()))) {
    out << begin << line << '\n';
    begin.assign(begin.size(), ' ');
  }
}

void print_help(std::ostream& out, const po::options_description& options,
                const po::positional_options_description& positional) {
  const std::vector<std::string> names = names_of(positional);
  std::size_t width = 0;
  for (const std::string& name : names) width = std::max(width, name.size());
  if (!names.empty()) out << "arguments:\n";
  for (const std::string& name : names)
    print_argument(out, name, width, options.find(name, false).description());
  if (!names.empty()) out << '\n';
  po::options_description rest("options");
  for (const auto& option : options.options())
    if (std::find(names.begin(), names.end(), option->long_name()) == names.end()) rest.add(option);
  out << rest;
}

/// What stdout was given has to have got there, whoever wrote it.
int finish(int code) {
  if (code != kExitDone || std::cout.flush()) return code;
  return report({ErrorKind::kFailed, "stdout cannot be written"});
}

}  // namespace

int report(const Error& error) {
  std::cerr << "culprit: " << error.message << '\n';
  switch (error.kind) {
    case ErrorKind::kFailed:
      return kExitFailed;
    case ErrorKind::kUsage:
      return kExitUsage;
    case ErrorKind::kHost:
      return kExitHost;
  }
  return kExitFailed;
}

Result<ParsedArguments> parse_arguments(const std::vector<std::string>& arguments,
                                        std::string_view usage, po::options_description options,
                                        const po::positional_options_description& positional,
                                        std::string_view epilogue) {
  options.add_options()("help,h", "show this help");
  ParsedArguments parsed;
  try {
    po::store(
        po::command_line_parser(arguments)
            .options(options)
            .positional(positional)
            .style(po::command_line_style::default_style & ~po::command_line_style::allow_guessing)
            .run(),
        parsed.values);
    if (parsed.values.count("help")) {
      std::cout << "usage: culprit " << usage << "\n\n";
      print_help(std::cout, options, positional);
      std::cout << epilogue;
      parsed.help_shown = true;
      return parsed;
    }
    po::notify(parsed.values);
  } catch (const po::error& error) {
    return misuse(std::string(error.what()) + "; try culprit " +
                  std::string(usage.substr(0, usage.find(' '))) + " --help");
  }
  return parsed;
}

int run_command_line(int argc, char** argv) {
  std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  if (arguments.empty()) {
    print_overview(std::cerr);
    return kExitUsage;
  }
  const std::string name = arguments.front();
  arguments.erase(arguments.begin());
  if (name == "--help" || name == "-h" || name == "help") {
    print_overview(std::cout);
    return finish(kExitDone);
  }
  if (name == "--version") {
    std::cout << "culprit " CULPRIT_VERSION "\n";
    return finish(kExitDone);
  }
  const auto command =
      std::find_if(commands().begin(), commands().end(),
                   [&](const Command& candidate) { return candidate.name == name; });
  if (command == commands().end())
    return report(Error{ErrorKind::kUsage, "no command '" + name + "'; culprit --help lists them"});
  try {
    return finish(command->run(arguments));
  } catch (const std::exception& error) {
    return report(Error{ErrorKind::kFailed, std::string("unexpected: ") + error.what()});
  }
}

}  // namespace culprit
