// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <iostream>
#include <string>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/reading_options.h"
#include "cli/watch.h"
#include "model/subject.h"
#include "serve/json_why.h"
#include "util/duration.h"
#include "util/interrupt.h"
#include "view/terminal.h"
#include "view/why_report.h"

namespace culprit {
namespace po = boost::program_options;
namespace {

constexpr int kWidth = 120;

po::options_description make_options() {
  po::options_description options("options");
  options.add_options()("target", po::value<std::string>(),
                        "a pid, or the name of a process, a unit or a task")(
      "duration,d", po::value<std::string>()->default_value("5"), "how long to watch: 10, 10s, 5m")(
      "format,f", po::value<std::string>()->default_value("text"), "text or json");
  add_reading_options(options);
  return options;
}

Status run(const po::variables_map& values) {
  if (!values.count("target")) return misuse("write culprit why TARGET: a pid or a name");
  const auto duration = parse_duration(values["duration"].as<std::string>());
  if (!duration) return tl::unexpected<Error>(duration.error());
  const std::string format = values["format"].as<std::string>();
  if (format != "text" && format != "json")
    return misuse("--format is text or json, not '" + format + "'");
  auto source = open_source(values);
  if (!source) return tl::unexpected<Error>(source.error());
  const InterruptScope interruptible(**source);
  const auto snapshot = watch_once(**source, values, *duration);
  if (!snapshot) return tl::unexpected<Error>(snapshot.error());
  report_note(**source);
  const auto subject = find_subject(*snapshot, values["target"].as<std::string>());
  if (!subject) return tl::unexpected<Error>(subject.error());
  if (format == "json") {
    // stdout carries only the document; which of several it is has to be said all the same.
    if (!subject->note.empty()) std::cerr << "culprit: " << subject->note << '\n';
    std::cout << why_json(*snapshot, *subject) << '\n';
  } else {
    std::cout << why_report(*snapshot, *subject, kWidth, use_locale_of_user());
  }
  return {};
}

}  // namespace

int run_why(const std::vector<std::string>& arguments) {
  po::positional_options_description positional;
  positional.add("target", 1);
  const auto parsed =
      parse_arguments(arguments, "why TARGET [OPTION...]", make_options(), positional,
                      "\nTARGET is a pid (12 or pid:12), a unit, the name of a process or a part "
                      "of its\ncommand, or a task (its id, or task:NAME); of several, the busiest "
                      "is explained.\n");
  if (!parsed) return report(parsed.error());
  if (parsed->help_shown) return kExitDone;
  const Status done = run(parsed->values);
  return done ? kExitDone : report(done.error());
}

}  // namespace culprit
