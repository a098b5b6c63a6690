// SPDX-License-Identifier: Apache-2.0
#include <time.h>

#include <iostream>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/history_source.h"
#include "serve/json_trends.h"
#include "store/history_trends.h"
#include "view/terminal.h"
#include "view/trend_report.h"

namespace culprit {
namespace po = boost::program_options;
namespace {

constexpr std::int64_t kDayNs = 86'400'000'000'000;
constexpr char kEpilogue[] =
    "\nOf each number: whether it moves (Theil-Sen slope, Mann-Kendall test), when its level "
    "jumped\n"
    "and what began or changed then, its course over the day, a forecast, and when a limit is\n"
    "reached. It takes a few hours of history, and three days for the course over the day.\n";

int zone_seconds_at(std::int64_t wall_ns) {
  const auto seconds = static_cast<time_t>(wall_ns / 1'000'000'000);
  tm local{};
  localtime_r(&seconds, &local);
  return static_cast<int>(local.tm_gmtoff);
}

Status run(const po::variables_map& values) {
  const std::string format = values["format"].as<std::string>();
  if (format != "text" && format != "json")
    return misuse("--format is text or json, not '" + format + "'");
  const double days = values["days"].as<double>();
  if (!(days > 0 && days <= 366)) return misuse("--days takes more than 0 and at most 366");
  auto source = HistorySource::open(values);
  if (!source) return tl::unexpected<Error>(source.error());
  const std::int64_t now = source->now_ns();
  const auto trends = read_trends(
      source->reader(), {now - static_cast<std::int64_t>(days * static_cast<double>(kDayNs)), now},
      zone_seconds_at(now));
  if (!trends) return tl::unexpected<Error>(trends.error());
  if (trends->trends.empty()) return fail("nothing was kept in these days; see culprit history");
  std::cout << (format == "json" ? trends_json(*trends) + "\n"
                                 : trend_report(*trends, use_locale_of_user()));
  return {};
}

}  // namespace

int run_trends(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  options.add_options()("days", po::value<double>()->default_value(7), "how far to look back")(
      "format,f", po::value<std::string>()->default_value("text"), "text or json");
  HistorySource::add_options(options);
  const auto parsed = parse_arguments(arguments, "trends [OPTION...]", options, {}, kEpilogue);
  if (!parsed) return report(parsed.error());
  if (parsed->help_shown) return kExitDone;
  const Status done = run(parsed->values);
  return done ? kExitDone : report(done.error());
}

}  // namespace culprit
