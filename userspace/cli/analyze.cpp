// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/judging.h"
#include "cli/output_file.h"
#include "cli/reading_options.h"
#include "cli/snapshot_actions.h"
#include "cli/watch.h"
#include "serve/json.h"
#include "util/duration.h"
#include "util/interrupt.h"
#include "view/html.h"
#include "view/markdown.h"
#include "view/report.h"
#include "view/text_report.h"

namespace culprit {
namespace po = boost::program_options;
namespace {

struct Format {
  std::string_view name;
  std::string (*write)(const Snapshot& snapshot);
};
constexpr Format kFormats[] = {
    {"text", text_report},
    {"json", [](const Snapshot& snapshot) { return json_text(snapshot) + "\n"; }},
    {"markdown", [](const Snapshot& snapshot) { return markdown_text(report_document(snapshot)); }},
    {"html", [](const Snapshot& snapshot) { return html_page(report_document(snapshot)); }}};

}  // namespace

int run_analyze(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  options.add_options()("duration,d", po::value<std::string>()->default_value("10"),
                        "how long to watch: 10, 10s, 5m")(
      "format,f", po::value<std::string>()->default_value("text"), "text, json, markdown or html")(
      "output,o", po::value<std::string>(), "write to this file, not to stdout")(
      "exact", "measure each step of asyncio tasks, which costs them 3 microseconds or more");
  add_rules_option(options);
  add_reading_options(options);
  auto parsed = parse_arguments(arguments, "analyze [OPTION...]", options);
  if (!parsed) return report(parsed.error());
  if (parsed->help_shown) return kExitDone;
  const auto duration = parse_duration(parsed->values["duration"].as<std::string>());
  if (!duration) return report(duration.error());
  const std::string format = parsed->values["format"].as<std::string>();
  const auto wanted = std::find_if(std::begin(kFormats), std::end(kFormats),
                                   [&](const Format& known) { return known.name == format; });
  if (wanted == std::end(kFormats))
    return report(
        {ErrorKind::kUsage, "--format is text, json, markdown or html, not '" + format + "'"});

  auto rules = rules_of(parsed->values);
  if (!rules) return report(rules.error());
  auto source = open_source(parsed->values);
  if (!source) return report(source.error());
  const InterruptScope interruptible(**source);
  auto snapshot = watch_once(**source, parsed->values, *duration);
  if (!snapshot) return report(snapshot.error());
  report_note(**source);
  Judge(std::move(*rules)).judge(*snapshot);
  SnapshotActions(**source).fill(*snapshot);
  const std::string text = wanted->write(*snapshot);
  if (!parsed->values.count("output")) {
    std::cout << text << std::flush;
    return std::cout ? kExitDone : report({ErrorKind::kFailed, "stdout cannot be written"});
  }
  if (Status written = write_output_file(parsed->values["output"].as<std::string>(), text);
      !written)
    return report(written.error());
  return kExitDone;
}

}  // namespace culprit
