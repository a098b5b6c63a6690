// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/doctor_report.h"

namespace culprit {
namespace po = boost::program_options;
namespace {

std::string feature_help() {
  std::string text = "\nFeatures for --without (repeat it, or put commas between):\n";
  for (const Feature& feature : features()) {
    std::string name(feature.name);
    name.resize(22, ' ');
    text += "  " + name + std::string(feature.help) + '\n';
  }
  return text;
}

}  // namespace

int run_doctor(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  options.add_options()("format", po::value<std::string>()->default_value("text"), "text or json")(
      "without", po::value<std::vector<std::string>>()->composing(),
      "judge as if the host lacked FEATURE");
  const auto parsed = parse_arguments(arguments, "doctor [--format text|json] [--without FEATURE]",
                                      options, {}, feature_help());
  if (!parsed) return report(parsed.error());
  if (parsed->help_shown) return kExitDone;
  const std::string format = parsed->values["format"].as<std::string>();
  if (format != "text" && format != "json")
    return report({ErrorKind::kUsage, "--format '" + format + "': write text or json"});
  std::vector<std::string> refused;
  if (parsed->values.count("without"))
    refused = parsed->values["without"].as<std::vector<std::string>>();
  const auto without = parse_features(refused);
  if (!without) return report(without.error());

  Facts facts = probe_facts();
  probe_more_facts(facts);
  const Diagnosis diagnosis{refuse(facts, *without), make_load_plan(facts, *without),
                            find_python_refusals()};
  std::cout << (format == "json" ? doctor_json(diagnosis) : doctor_text(diagnosis));
  if (!std::cout.flush()) return report({ErrorKind::kFailed, "standard output: cannot be written"});
  return diagnosis.plan.bpf ? kExitDone : kExitHost;
}

}  // namespace culprit
