// SPDX-License-Identifier: Apache-2.0
#include "analyze/compare.h"

#include <chrono>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/analysis_file.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/judging.h"
#include "cli/output_file.h"
#include "cli/watch.h"
#include "serve/json.h"
#include "serve/json_comparison.h"
#include "serve/json_history.h"
#include "store/history_options.h"
#include "store/history_reader.h"
#include "store/recording.h"
#include "util/clock.h"
#include "util/when_range.h"
#include "view/comparison_report.h"
#include "view/html.h"
#include "view/markdown.h"

namespace culprit {
namespace po = boost::program_options;
namespace {

using Json = nlohmann::json;

constexpr std::size_t kFewestIntervals = 30;  // of a time: fewer do not tell change from noise

constexpr char kEpilogue[] =
    "\nBEFORE and AFTER are what culprit analyze --format json or culprit export wrote, "
    "recordings, or\ntimes of history: \"yesterday 14:00/14:30\", 14:00/30m, \"2h ago/1h ago\". "
    "Series of intervals tell small changes from noise, a single analysis only "
    "larger ones.\n";

/// One document over several lines, or one a line.
Status add_documents(ObservedAnalysis& all, const std::string& file, const std::string& text) {
  if (const Json whole = Json::parse(text, nullptr, false); !whole.is_discarded())
    return add_analysis(all, whole, file);
  std::istringstream lines(text);
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string place = file + ": line " + std::to_string(number);
    const Json document = Json::parse(line, nullptr, false);
    if (document.is_discarded())
      return misuse(place + ": /: one JSON document a line was expected");
    if (Status added = add_analysis(all, document, place); !added) return added;
  }
  return {};
}

/// Its intervals one by one, and judged as a whole, as culprit analyze --from does.
Status add_recording(ObservedAnalysis& all, const std::string& file, Judge judge) {
  auto series = Recording::open(file);
  if (!series) return tl::unexpected<Error>(series.error());
  const WatchOptions options{
      .interval = std::chrono::seconds(1), .duration = {}, .slack = std::chrono::milliseconds(50)};
  if (Status watched = watch(**series, options,
                             [&](Snapshot& snapshot) -> Result<bool> {
                               if (Status added = add_analysis(all, to_json(snapshot), file);
                                   !added)
                                 return tl::unexpected<Error>(added.error());
                               return true;
                             });
      !watched)
    return watched;
  auto again = Recording::open(file);
  if (!again) return tl::unexpected<Error>(again.error());
  auto snapshot = watch_whole(**again);
  if (!snapshot) return tl::unexpected<Error>(snapshot.error());
  judge.judge(*snapshot);
  return use_judgement_of(all, to_json(*snapshot), file);
}

/// Each interval that was kept of that time.
Status add_history(ObservedAnalysis& all, const std::string& asked, const WhenRange& range,
                   const std::string& file) {
  auto reader = HistoryReader::open(file);
  if (!reader) return tl::unexpected<Error>(reader.error());
  const TimeSpan span{range.since_ns, range.until_ns};
  const auto host = (*reader)->host();
  if (!host) return tl::unexpected<Error>(host.error());
  const auto findings = (*reader)->findings(span);
  if (!findings) return tl::unexpected<Error>(findings.error());
  Status added;
  const Status read =
      (*reader)->range(span, kFewestIntervals, HistoryDetail::kAll, [&](HistoryTick&& tick) {
        if (added)
          added =
              add_analysis(all, Json::parse(history_analysis_json(*host, tick, *findings)), asked);
      });
  if (!read) return read;
  if (added && all.lengths.empty()) return fail(asked + ": nothing was kept of it in " + file);
  return added;
}

/// "FROM/TO" where there is no such file.
bool is_range(const std::string& text) {
  std::error_code error;
  const std::int64_t now_ns = static_cast<std::int64_t>(clock_ns(CLOCK_REALTIME));
  return !std::filesystem::exists(text, error) && parse_when_range(text, now_ns).has_value();
}

Result<ObservedAnalysis> read(const std::string& file, const po::variables_map& values) {
  ObservedAnalysis all;
  all.about.file = file;
  if (is_range(file)) {
    const auto range = parse_when_range(file, static_cast<std::int64_t>(clock_ns(CLOCK_REALTIME)));
    if (!range) return tl::unexpected<Error>(range.error());
    if (Status added = add_history(all, file, *range, values["history"].as<std::string>()); !added)
      return tl::unexpected<Error>(added.error());
    return all;
  }
  const auto text = read_analysis_text(file);
  if (!text) return tl::unexpected<Error>(text.error());
  Status added;
  if (*text) {
    added = add_documents(all, file, **text);
  } else {
    auto rules = rules_of(values);
    if (!rules) return tl::unexpected<Error>(rules.error());
    added = add_recording(all, file, Judge(std::move(*rules)));
  }
  if (!added) return tl::unexpected<Error>(added.error());
  return all;
}

Result<int> run(const po::variables_map& values) {
  if (!values.count("before") || !values.count("after"))
    return misuse("write culprit compare BEFORE AFTER: two analyses, recordings or times");
  const std::string format = values["format"].as<std::string>();
  if (format != "text" && format != "json" && format != "markdown" && format != "html")
    return misuse("--format is text, json, markdown or html, not '" + format + "'");
  const auto before = read(values["before"].as<std::string>(), values);
  if (!before) return tl::unexpected<Error>(before.error());
  const auto after = read(values["after"].as<std::string>(), values);
  if (!after) return tl::unexpected<Error>(after.error());
  const BeforeAfter comparison = compare(*before, *after);
  const std::string text = format == "json"   ? comparison_json(comparison) + "\n"
                           : format == "text" ? comparison_text(comparison)
                           : format == "html" ? html_page(comparison_document(comparison))
                                              : markdown_text(comparison_document(comparison));
  if (!values.count("output"))
    std::cout << text;
  else if (Status written = write_output_file(values["output"].as<std::string>(), text); !written)
    return tl::unexpected<Error>(written.error());
  return values.count("fail-on-regression") && comparison.regressed() ? kExitFailed : kExitDone;
}

}  // namespace

int run_compare(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  options.add_options()("before", po::value<std::string>()->value_name("FILE"),
                        "the first analysis, series of them, recording, or time of history")(
      "after", po::value<std::string>()->value_name("FILE"), "the second")(
      "format,f", po::value<std::string>()->default_value("text"), "text, json, markdown or html")(
      "output,o", po::value<std::string>(), "write to this file, not to stdout")(
      "fail-on-regression", "exit code 1 when something got worse")(
      "history", po::value<std::string>()->default_value(kHistoryPath),
      "the file of history in which to look for times");
  add_rules_option(options);
  po::positional_options_description positional;
  positional.add("before", 1).add("after", 1);
  const auto parsed = parse_arguments(arguments, "compare BEFORE AFTER [OPTION...]", options,
                                      positional, kEpilogue);
  if (!parsed) return report(parsed.error());
  if (parsed->help_shown) return kExitDone;
  const auto code = run(parsed->values);
  return code ? *code : report(code.error());
}

}  // namespace culprit
