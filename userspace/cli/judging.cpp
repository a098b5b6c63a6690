// SPDX-License-Identifier: Apache-2.0
#include "cli/judging.h"

#include <filesystem>

#include "config/daemon_config.h"

namespace culprit {
namespace po = boost::program_options;

void add_rules_option(po::options_description& options) {
  options.add_options()("rules", po::value<std::string>()->default_value(kRulesDirectory),
                        "directory of rules and thresholds that add to the shipped ones");
}

Result<std::shared_ptr<const RuleSet>> rules_of(const po::variables_map& values) {
  const std::filesystem::path directory = values["rules"].as<std::string>();
  std::error_code error;
  if (!values["rules"].defaulted() && !std::filesystem::is_directory(directory, error))
    return misuse(directory.string() + ": is no directory");
  RuleSource source(directory);
  if (const Status loaded = source.reload(); !loaded) return tl::unexpected<Error>(loaded.error());
  return source.rules();
}

}  // namespace culprit
