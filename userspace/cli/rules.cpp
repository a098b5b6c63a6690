// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iostream>
#include <map>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/judging.h"
#include "cli/reading_options.h"
#include "cli/watch.h"
#include "util/duration.h"
#include "util/rfc3339.h"

namespace culprit {
namespace po = boost::program_options;
namespace {

constexpr char kUsage[] = "rules list|check|test [PATH...] [OPTION...]";
constexpr char kEpilogue[] =
    "\nlist   the rules that speak, with those of --rules; --fields what they can ask\n"
    "check  compile files or directories of rules, or those of --rules\n"
    "test   run them over a recording: what each found, when first, and how often\n";

std::string_view unit_of(const FieldInfo& info) {
  return info.is_text ? "text" : info.kind == FieldKind::kCounter ? "amount" : "number";
}

void list_fields() {
  for (const Table* table : tables())
    for (const FieldInfo& field : table->fields())
      std::cout << table->name() << '\t' << field.id << '\t' << unit_of(field) << '\t' << field.help
                << '\n';
}

Result<int> list(const po::variables_map& values) {
  if (values.count("fields")) {
    list_fields();
    return kExitDone;
  }
  const auto rules = rules_of(values);
  if (!rules) return tl::unexpected<Error>(rules.error());
  for (const Rule& rule : (*rules)->rules())
    std::cout << rule.id << '\t' << rule.table->name() << '\t' << rule.title << '\t' << rule.origin
              << '\n';
  for (const std::string& id : (*rules)->silenced()) std::cout << id << "\tsilenced\n";
  return kExitDone;
}

Result<int> check(const po::variables_map& values) {
  std::vector<RuleFile> files = shipped_rule_files();
  const std::size_t shipped = files.size();
  if (values.count("path")) {
    for (const std::string& path : values["path"].as<std::vector<std::string>>()) {
      auto more = read_rules_at(path);
      if (!more) return tl::unexpected<Error>(more.error());
      files.insert(files.end(), more->begin(), more->end());
    }
  } else {
    auto more = read_rule_files(values["rules"].as<std::string>());
    if (!more) return tl::unexpected<Error>(more.error());
    files.insert(files.end(), more->begin(), more->end());
  }
  const auto compiled = RuleSet::compile(files);
  if (!compiled) return tl::unexpected<Error>(compiled.error());
  std::cout << compiled->rules().size() << " rules, with those of " << files.size() - shipped
            << " files beside the shipped ones\n";
  return kExitDone;
}

/// What a rule found of one target, over a recording.
struct Found {
  std::int64_t first_wall_ns = 0;
  std::size_t intervals = 0;
  Severity worst = Severity::kInfo;
  std::string summary;
};

Result<int> test(const po::variables_map& values) {
  if (!values.count("from")) return misuse("write culprit rules test --from RECORDING");
  auto rules = rules_of(values);
  if (!rules) return tl::unexpected<Error>(rules.error());
  WatchOptions options;
  const auto interval = parse_duration(values["interval"].as<std::string>());
  if (!interval) return tl::unexpected<Error>(interval.error());
  options.interval = *interval;
  options.slack = *interval / 20;
  const auto source = open_source(values);
  if (!source) return tl::unexpected<Error>(source.error());
  Judge judge(std::move(*rules));
  std::map<std::pair<std::string, std::string>, Found> found;
  const Status done = watch(**source, options, [&](Snapshot& snapshot) -> Result<bool> {
    judge.judge(snapshot);
    for (const Finding& finding : snapshot.judgement->findings) {
      Found& one = found[{finding.id, finding.target.name}];
      if (one.intervals++ == 0) one.first_wall_ns = snapshot.end_wall_ns;
      one.worst = std::max(one.worst, finding.severity);
      one.summary = finding.summary;
    }
    return true;
  });
  if (!done) return tl::unexpected<Error>(done.error());
  for (const auto& [key, one] : found)
    std::cout << key.first << '\t' << severity_name(one.worst) << '\t' << one.intervals
              << " intervals since " << rfc3339(one.first_wall_ns) << '\t' << one.summary << '\n';
  if (found.empty()) std::cerr << "culprit: no rule found anything\n";
  return found.empty() ? kExitFailed : kExitDone;
}

Result<int> run(const po::variables_map& values) {
  const std::string verb = values.count("verb") ? values["verb"].as<std::string>() : "";
  if (verb != "check" && values.count("path"))
    return misuse(std::string("write culprit ") + kUsage + "; only check takes paths");
  if (verb == "list") return list(values);
  if (verb == "check") return check(values);
  if (verb == "test") return test(values);
  return misuse(std::string("write culprit ") + kUsage);
}

}  // namespace

int run_rules(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  options.add_options()("verb", po::value<std::string>(), "list, check or test")(
      "path", po::value<std::vector<std::string>>(), "check: files or directories of rules")(
      "fields", "list: the fields that rules can ask for, by kind of row")(
      "interval,i", po::value<std::string>()->default_value("10"),
      "test: length of an interval: 10, 1s, 1m");
  add_rules_option(options);
  add_reading_options(options);
  po::positional_options_description positional;
  positional.add("verb", 1).add("path", -1);
  const auto parsed = parse_arguments(arguments, kUsage, options, positional, kEpilogue);
  if (!parsed) return report(parsed.error());
  if (parsed->help_shown) return kExitDone;
  const auto code = run(parsed->values);
  return code ? *code : report(code.error());
}

}  // namespace culprit
