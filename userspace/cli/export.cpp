// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/judging.h"
#include "cli/output_stream.h"
#include "cli/reading_options.h"
#include "cli/snapshot_actions.h"
#include "cli/watch.h"
#include "serve/json.h"
#include "serve/openmetrics.h"
#include "util/duration.h"
#include "util/interrupt.h"

namespace culprit {
namespace po = boost::program_options;
namespace {

constexpr char kEpilogue[] =
    "\nndjson is one snapshot a line, schema culprit.snapshot/1. openmetrics is one exposition a\n"
    "snapshot, each with # EOF at its end; rates are gauges. With --from, a snapshot is made of\n"
    "each sample unless --interval is given.\n";

constexpr std::int64_t kMostProcesses = 1'000'000;

/// Reads --interval and --duration.
Result<WatchOptions> watch_options(const po::variables_map& values) {
  WatchOptions options;
  const auto interval = parse_duration(values["interval"].as<std::string>());
  if (!interval) return tl::unexpected(interval.error());
  if (!values.count("from") || !values["interval"].defaulted()) options.interval = *interval;
  if (values.count("from")) options.slack = *interval / 20;
  if (values.count("duration")) {
    const auto duration = parse_duration(values["duration"].as<std::string>());
    if (!duration) return tl::unexpected(duration.error());
    options.duration = *duration;
  }
  return options;
}

Status export_snapshots(const po::variables_map& values) {
  const std::string format = values["format"].as<std::string>();
  if (format != "ndjson" && format != "openmetrics")
    return misuse("--format is ndjson or openmetrics, not '" + format + "'");
  if (format == "ndjson" && !values["processes"].defaulted())
    return misuse("--processes is for --format openmetrics; ndjson holds every process");
  // Signed: what Boost reads as unsigned takes -1 for four billion.
  const auto processes = values["processes"].as<std::int64_t>();
  if (processes < 0 || processes > kMostProcesses)
    return misuse("--processes takes 0 to " + std::to_string(kMostProcesses));
  const MetricsOptions metrics{.processes = static_cast<std::uint32_t>(processes)};
  const auto options = watch_options(values);
  if (!options) return tl::unexpected(options.error());
  auto rules = rules_of(values);
  if (!rules) return tl::unexpected(rules.error());
  Judge judge(std::move(*rules));
  const auto source = open_source(values);
  if (!source) return tl::unexpected(source.error());
  const InterruptScope interruptible(**source);
  SnapshotActions actions(**source, kStateDirectory, RemedyPreview::kOneAtATime);
  OutputStream out([&] { return (*source)->interrupted(); });
  return watch(**source, *options, [&](Snapshot& snapshot) {
    judge.judge(snapshot);
    actions.fill(snapshot);
    return out.write(format == "ndjson" ? json_text(snapshot) + '\n'
                                        : openmetrics_text(snapshot, metrics));
  });
}

}  // namespace

int run_export(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  options.add_options()("interval,i", po::value<std::string>()->default_value("1"),
                        "length of a snapshot: 1, 500ms, 1m")(
      "duration,d", po::value<std::string>(), "stop after this long; without it go on")(
      "format,f", po::value<std::string>()->default_value("ndjson"), "ndjson or openmetrics")(
      "processes", po::value<std::int64_t>()->default_value(50),
      "openmetrics: as many processes, those that used the most CPU time");
  add_rules_option(options);
  add_reading_options(options);
  const auto parsed = parse_arguments(arguments, "export [OPTION...]", options, {}, kEpilogue);
  if (!parsed) return report(parsed.error());
  if (parsed->help_shown) return kExitDone;
  if (const Status done = export_snapshots(parsed->values); !done) return report(done.error());
  return kExitDone;
}

}  // namespace culprit
