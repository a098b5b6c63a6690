// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <nlohmann/json.hpp>

#include "analyze/gate.h"
#include "analyze/rule_set.h"
#include "cli/analysis_file.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/watch.h"
#include "serve/json.h"
#include "store/recording.h"
#include "util/duration.h"

namespace culprit {
namespace po = boost::program_options;
namespace {

using Json = nlohmann::json;

/// A document of culprit analyze, or a recording described as a whole.
Result<Json> read_document(const po::variables_map& values) {
  const std::string file = values["from"].as<std::string>();
  const auto duration = parse_duration(values["duration"].as<std::string>());
  if (!duration) return tl::unexpected<Error>(duration.error());
  const auto text = read_analysis_text(file);
  if (!text) return tl::unexpected<Error>(text.error());
  if (!*text) {
    auto recording = Recording::open(file);
    if (!recording) return tl::unexpected<Error>(recording.error());
    const auto snapshot = watch_once(**recording, values, *duration);
    if (!snapshot) return tl::unexpected<Error>(snapshot.error());
    return Json(to_json(*snapshot));
  }
  Json document = Json::parse(**text, nullptr, false);
  if (document.is_discarded() || !document.is_object())
    return misuse(file + ": is neither one JSON document nor a recording");
  if (document.value("schema", Json()) != "culprit.snapshot/1")
    return misuse(file + ": /schema: \"culprit.snapshot/1\" was expected");
  return document;
}

Result<std::vector<MetricLimit>> read_limits(const po::variables_map& values) {
  std::vector<RuleFile> files{shipped_thresholds()};
  if (values.count("thresholds")) {
    auto read = read_rules_at(values["thresholds"].as<std::string>());
    if (!read) return tl::unexpected<Error>(read.error());
    files = std::move(*read);
  }
  std::vector<MetricLimit> limits;
  for (const RuleFile& file : files) {
    auto compiled = compile_rule_file(file);
    if (!compiled) return tl::unexpected<Error>(compiled.error());
    if (compiled->thresholds.empty())
      return misuse(file.name + ": /: thresholds were expected, such as system_thresholds");
    limits.insert(limits.end(), compiled->thresholds.begin(), compiled->thresholds.end());
  }
  return limits;
}

Result<int> run(const po::variables_map& values) {
  if (!values.count("from")) return misuse("write culprit check FILE: an analysis or a recording");
  const auto limits = read_limits(values);
  if (!limits) return tl::unexpected<Error>(limits.error());
  const auto document = read_document(values);
  if (!document) return tl::unexpected<Error>(document.error());
  const auto measured = measure(*document, *limits);
  std::cout << gate_verdict(measured) << '\n';
  return fails(measured) ? kExitFailed : kExitDone;
}

}  // namespace

int run_check(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  options.add_options()("from", po::value<std::string>()->value_name("FILE"),
                        "what culprit analyze --format json wrote, or a recording")(
      "thresholds,t", po::value<std::string>()->value_name("FILE"),
      "thresholds in place of the shipped ones")(
      "duration,d", po::value<std::string>()->default_value("10"),
      "of a recording: only its first part; all of it when not given");
  po::positional_options_description positional;
  positional.add("from", 1);
  const auto parsed =
      parse_arguments(arguments, "check FILE [OPTION...]", options, positional,
                      "\nPrints PASS or FAIL and what was crossed, on one line. Exit code 1 when a "
                      "critical\nthreshold is crossed, or nothing was measured.\n");
  if (!parsed) return report(parsed.error());
  if (parsed->help_shown) return kExitDone;
  const auto code = run(parsed->values);
  return code ? *code : report(code.error());
}

}  // namespace culprit
