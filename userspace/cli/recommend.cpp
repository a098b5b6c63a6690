// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <string>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/judging.h"
#include "cli/reading_options.h"
#include "cli/snapshot_actions.h"
#include "cli/watch.h"
#include "serve/json.h"
#include "util/duration.h"
#include "util/interrupt.h"

namespace culprit {
namespace po = boost::program_options;
namespace {

constexpr char kEpilogue[] =
    "\nWhat to do, most worth doing first. What culprit can do itself has a line that begins with\n"
    "\"culprit apply\"; the rest is advice.\n";

void print(const Recommendation& one) {
  std::cout << priority_name(one.priority) << "  " << one.id << "\n    " << one.description << '\n';
  for (const std::string& action : one.actions) std::cout << "    - " << action << '\n';
  if (!one.expected_impact.empty()) std::cout << "    brings: " << one.expected_impact << '\n';
  if (!one.action) return;
  const Action& action = *one.action;
  if (action.state == "vetoed") {
    for (const std::string& reason : action.reasons)
      std::cout << "    culprit does nothing about it: " << reason << '\n';
    return;
  }
  std::cout << "    culprit apply '" << one.id << "'   (" << action.knob << ": " << action.new_text
            << (action.old_text.empty() ? "" : "; now " + action.old_text) << ")\n";
}

Status run(const po::variables_map& values) {
  const std::string format = values["format"].as<std::string>();
  if (format != "text" && format != "json")
    return misuse("--format is text or json, not '" + format + "'");
  const auto duration = parse_duration(values["duration"].as<std::string>());
  if (!duration) return tl::unexpected<Error>(duration.error());
  auto rules = rules_of(values);
  if (!rules) return tl::unexpected<Error>(rules.error());
  auto source = open_source(values);
  if (!source) return tl::unexpected<Error>(source.error());
  const InterruptScope interruptible(**source);
  auto snapshot = watch_once(**source, values, *duration);
  if (!snapshot) return tl::unexpected<Error>(snapshot.error());
  report_note(**source);
  Judge(std::move(*rules)).judge(*snapshot);
  SnapshotActions(**source).fill(*snapshot);
  if (format == "json") {
    std::cout << recommendations_json(*snapshot) << '\n';
    return {};
  }
  for (const Recommendation& one : snapshot->judgement->recommendations) print(one);
  if (snapshot->judgement->recommendations.empty())
    std::cerr << "culprit: there is nothing to recommend\n";
  return {};
}

}  // namespace

int run_recommend(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  options.add_options()("duration,d", po::value<std::string>()->default_value("10"),
                        "how long to watch: 10, 10s, 5m")(
      "format,f", po::value<std::string>()->default_value("text"), "text or json");
  add_rules_option(options);
  add_reading_options(options);
  const auto parsed = parse_arguments(arguments, "recommend [OPTION...]", options, {}, kEpilogue);
  if (!parsed) return report(parsed.error());
  if (parsed->help_shown) return kExitDone;
  const Status done = run(parsed->values);
  return done ? kExitDone : report(done.error());
}

}  // namespace culprit
