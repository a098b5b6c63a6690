// SPDX-License-Identifier: Apache-2.0
#include "cli/reading_options.h"

#include <spdlog/spdlog.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "bpf/load_plan.h"
#include "collect/collector.h"
#include "config/daemon_config.h"
#include "store/daemon_source.h"
#include "store/recording.h"
#include "util/duration.h"

namespace culprit {
namespace po = boost::program_options;

void add_reading_options(po::options_description& options) {
  options.add_options()("from", po::value<std::string>(),
                        "read this recording, not the running host")(
      "socket", po::value<std::string>(),
      (std::string("read from the daemon that listens there; without it, from one at ") +
       kSocketPath + ", if it runs")
          .c_str())("no-attach", "load probes of our own even if a daemon runs")(
      "without", po::value<std::vector<std::string>>()->composing(),
      "do without FEATURE (culprit doctor --help lists them)")(
      "hide-commands", "keep no command lines: they can hold secrets");
}

namespace {

/// The option, if any, that says how probes are to be loaded.
std::optional<std::string> option_of_probes(const po::variables_map& values) {
  constexpr std::array<const char*, 4> kOptions = {"without", "hide-commands", "exact", "stacks"};
  for (const char* option : kOptions)
    if (values.count(option)) return std::string("--") + option;
  return std::nullopt;
}

Result<std::unique_ptr<SampleSource>> open_recording(const po::variables_map& values) {
  if (values.count("socket")) return misuse("--from and --socket: only one of them");
  if (const auto option = option_of_probes(values))
    return misuse(*option + " is for the running host; a recording holds what it holds");
  auto recording = Recording::open(values["from"].as<std::string>());
  if (!recording) return tl::unexpected(recording.error());
  return std::move(*recording);
}

Result<CollectorOptions> collector_options(const po::variables_map& values) {
  CollectorOptions options;
  options.hide_commands = values.count("hide-commands") > 0;
  options.exact_tasks = values.count("exact") > 0;
  if (values.count("stacks")) options.stacks.emplace();
  if (values.count("without")) {
    auto without = parse_features(values["without"].as<std::vector<std::string>>());
    if (!without) return tl::unexpected(without.error());
    options.without = std::move(*without);
  }
  return options;
}

/// The shortest stretch that is asked for, of an interval or of all.
Result<std::optional<std::chrono::nanoseconds>> shortest_asked(const po::variables_map& values) {
  for (const char* option : {"interval", "duration"}) {
    if (!values.count(option)) continue;
    const auto length = parse_duration(values[option].as<std::string>());
    if (!length) return tl::unexpected<Error>(length.error());
    return std::optional(*length);
  }
  return std::optional<std::chrono::nanoseconds>();
}

/// An error of kind kUsage when the daemon reads too seldom for what is asked.
Result<std::unique_ptr<SampleSource>> open_daemon(const std::string& path,
                                                  const po::variables_map& values) {
  const auto asked = shortest_asked(values);
  if (!asked) return tl::unexpected<Error>(asked.error());
  auto daemon = DaemonSource::connect(path);
  if (!daemon) return tl::unexpected<Error>(daemon.error());
  const std::chrono::nanoseconds interval = (*daemon)->interval();
  if (*asked && **asked + (*daemon)->slack() / 10 < interval)
    return misuse(path + ": the daemon reads every " +
                  std::to_string(std::chrono::duration<double>(interval).count()) +
                  " s, and nothing shorter can be had from it; try --no-attach");
  return std::unique_ptr<SampleSource>(std::move(*daemon));
}

/// The daemon that runs, where it can give what is asked; null: our own probes are needed.
std::unique_ptr<SampleSource> find_daemon(const po::variables_map& values) {
  if (values.count("no-attach") || option_of_probes(values)) return nullptr;
  auto daemon = open_daemon(kSocketPath, values);
  if (daemon) return std::move(*daemon);
  if (daemon.error().kind == ErrorKind::kFailed)
    spdlog::warn("{}; loading probes of our own", daemon.error().message);
  return nullptr;
}

}  // namespace

Result<std::unique_ptr<SampleSource>> open_source(const po::variables_map& values) {
  if (values.count("from")) return open_recording(values);
  if (values.count("socket")) {
    if (values.count("no-attach")) return misuse("--socket and --no-attach: only one of them");
    if (const auto option = option_of_probes(values))
      return misuse(*option + " is for probes of our own; a daemon has its own");
    return open_daemon(values["socket"].as<std::string>(), values);
  }
  if (auto daemon = find_daemon(values)) return daemon;
  const auto options = collector_options(values);
  if (!options) return tl::unexpected(options.error());
  return make_collector(*options);
}

Result<std::unique_ptr<SampleSource>> open_stack_source(const po::variables_map& values,
                                                        const StackOptions& stacks) {
  if (values.count("from")) return open_recording(values);
  if (values.count("socket")) return misuse("--socket: a daemon takes no stacks; leave it out");
  auto options = collector_options(values);
  if (!options) return tl::unexpected(options.error());
  options->stacks = stacks;
  options->without.insert({"sched", "memory", "block", "network", "call", "tls"});
  return make_collector(*options);
}

}  // namespace culprit
