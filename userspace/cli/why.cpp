// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>

#include "cli/action_record.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/judging.h"
#include "cli/reading_options.h"
#include "cli/snapshot_actions.h"
#include "cli/watch.h"
#include "model/subject.h"
#include "serve/json.h"
#include "serve/json_action.h"
#include "serve/json_why.h"
#include "util/duration.h"
#include "util/interrupt.h"
#include "view/action_report.h"
#include "view/terminal.h"
#include "view/why_report.h"

namespace culprit {
namespace po = boost::program_options;
namespace {

constexpr int kWidth = 120;

po::options_description make_options() {
  po::options_description options("options");
  options.add_options()(
      "target", po::value<std::string>(),
      "a pid, the name of a process, a unit or a task; the id of an action or a finding")(
      "duration,d", po::value<std::string>()->default_value("5"), "how long to watch: 10, 10s, 5m")(
      "format,f", po::value<std::string>()->default_value("text"), "text or json")(
      "stacks", "take stacks 49 times a second, and tell a process's hottest");
  add_action_options(options);
  add_rules_option(options);
  add_reading_options(options);
  return options;
}

Status explain_action(const Action& action, bool json) {
  std::cout << (json ? actions_json({action}) + "\n" : action_report(action));
  return {};
}

Status explain_finding(Snapshot& snapshot, const std::string& id, bool json) {
  const std::string text = finding_report(snapshot, id);
  if (text.empty()) return fail("finding " + id + " does not hold now");
  std::cout << (json ? finding_json(snapshot, id) + "\n" : text);
  return {};
}

bool is_rule(const RuleSet& rules, const std::string& id) {
  return std::any_of(rules.rules().begin(), rules.rules().end(),
                     [&](const auto& rule) { return rule.id == id; });
}

Status run(const po::variables_map& values) {
  if (!values.count("target")) return misuse("write culprit why TARGET: a pid or a name");
  const auto duration = parse_duration(values["duration"].as<std::string>());
  if (!duration) return tl::unexpected<Error>(duration.error());
  const std::string format = values["format"].as<std::string>();
  if (format != "text" && format != "json")
    return misuse("--format is text or json, not '" + format + "'");
  const std::string target = values["target"].as<std::string>();
  // Who runs is what most ask about; a process may be called like an action.
  if (is_action_id(target) && !values.count("from")) {
    const auto action = find_action(values, target);
    if (action && *action) return explain_action(**action, format == "json");
    if (target.starts_with('r'))
      return fail("no action " + target +
                  "; culprit actions --since "
                  "30d lists them");
  }
  auto rules = rules_of(values);
  if (!rules) return tl::unexpected<Error>(rules.error());
  auto source = open_source(values);
  if (!source) return tl::unexpected<Error>(source.error());
  const InterruptScope interruptible(**source);
  auto snapshot = watch_once(**source, values, *duration);
  if (!snapshot) return tl::unexpected<Error>(snapshot.error());
  report_note(**source);
  if (is_rule(**rules, target)) {
    Judge(std::move(*rules)).judge(*snapshot);
    SnapshotActions(**source, values["state"].as<std::string>()).fill(*snapshot);
    return explain_finding(*snapshot, target, format == "json");
  }
  const auto subject = find_subject(*snapshot, target);
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
                      "is explained. The id of an action (culprit actions) or of a finding that\n"
                      "holds now (cpu.busy_loop) is explained, too.\n");
  if (!parsed) return report(parsed.error());
  if (parsed->help_shown) return kExitDone;
  const Status done = run(parsed->values);
  return done ? kExitDone : report(done.error());
}

}  // namespace culprit
