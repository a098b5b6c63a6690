// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/history_source.h"
#include "serve/json_history.h"
#include "store/history_query.h"
#include "util/rfc3339.h"
#include "util/when.h"
#include "view/history_report.h"
#include "view/terminal.h"

namespace culprit {
namespace po = boost::program_options;
namespace {

constexpr std::size_t kMostSteps = 60;
constexpr char kEpilogue[] =
    "\nA time is 2h, \"2h ago\", 14:05, \"yesterday 14:05\", \"2026-11-25 14:05\" (in the zone of\n"
    "this shell) or 2026-11-25T14:05:00Z. Intervals of 1 s are kept for an hour, of 10 s for a\n"
    "day, of a minute for 30 days; what was not watched is a gap, not 0.\n";

/// What is there, for who asked for what is not.
Result<int> nothing(HistoryReader& reader, const std::string& asked) {
  const auto held = reader.span();
  if (!held) return tl::unexpected<Error>(held.error());
  if (!*held) return fail(asked + ": this history is empty");
  return fail(asked + ": nothing was kept of it; there is history from " +
              rfc3339((*held)->since_ns) + " to " + rfc3339((*held)->until_ns));
}

Result<int> show_moment(const po::variables_map& values, HistorySource& source, bool json) {
  const std::string asked = values["at"].as<std::string>();
  const auto time = parse_when(asked, source.now_ns());
  if (!time) return tl::unexpected<Error>(time.error());
  const auto moment = read_moment(source.reader(), *time);
  if (!moment) return tl::unexpected<Error>(moment.error());
  if (!moment->tick) return nothing(source.reader(), "--at " + asked);
  std::cout << (json ? history_json(*moment) + "\n" : moment_report(*moment));
  return kExitDone;
}

Result<int> show_range(const po::variables_map& values, HistorySource& source, bool json) {
  const std::string asked = values["since"].as<std::string>();
  const auto since = parse_when(asked, source.now_ns());
  if (!since) return tl::unexpected<Error>(since.error());
  const auto until = parse_when(values["until"].as<std::string>(), source.now_ns());
  if (!until) return tl::unexpected<Error>(until.error());
  if (*since >= *until) return misuse("--since " + asked + " is not before --until");
  TimeSpan span{*since, *until};
  // A recording is shorter than what is looked back over by default: all of it, then.
  if (const auto held = source.reader().span();
      held && *held && values.count("from") && values["since"].defaulted())
    span.since_ns = (*held)->since_ns;
  const auto range = read_range(source.reader(), span, kMostSteps);
  if (!range) return tl::unexpected<Error>(range.error());
  if (!range->whole) return nothing(source.reader(), "--since " + asked);
  std::cout << (json ? history_json(*range) + "\n" : history_report(*range, use_locale_of_user()));
  return kExitDone;
}

Result<int> run(const po::variables_map& values) {
  const std::string format = values["format"].as<std::string>();
  if (format != "text" && format != "json")
    return misuse("--format is text or json, not '" + format + "'");
  if (values.count("import")) {
    const std::string file = values["history"].as<std::string>();
    if (values.count("from") || values.count("at") || !values["since"].defaulted() ||
        !values["until"].defaulted())
      return misuse("--import RECORDING goes with --history FILE and --rules only");
    const auto kept = import_recording(values, values["import"].as<std::string>(), file);
    if (!kept) return tl::unexpected<Error>(kept.error());
    std::cout << file << ": " << *kept << " intervals added\n";
    return kExitDone;
  }
  if (values.count("at") && (!values["since"].defaulted() || !values["until"].defaulted()))
    return misuse("--at is a moment; --since and --until are for a time");
  auto source = HistorySource::open(values);
  if (!source) return tl::unexpected<Error>(source.error());
  return values.count("at") ? show_moment(values, *source, format == "json")
                            : show_range(values, *source, format == "json");
}

}  // namespace

int run_history(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  options.add_options()("since", po::value<std::string>()->default_value("2h"),
                        "from when on: 2h, 14:05, \"yesterday 14:05\"")(
      "until", po::value<std::string>()->default_value("now"), "until when")(
      "at", po::value<std::string>(), "this moment: who did what, and what was wrong")(
      "format,f", po::value<std::string>()->default_value("text"), "text or json")(
      "import", po::value<std::string>(), "judge this recording into the file of --history");
  HistorySource::add_options(options);
  const auto parsed = parse_arguments(arguments, "history [OPTION...]", options, {}, kEpilogue);
  if (!parsed) return report(parsed.error());
  if (parsed->help_shown) return kExitDone;
  const auto code = run(parsed->values);
  return code ? *code : report(code.error());
}

}  // namespace culprit
