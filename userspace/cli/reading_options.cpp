// SPDX-License-Identifier: Apache-2.0
#include "cli/reading_options.h"

#include <string>
#include <vector>

#include "bpf/load_plan.h"
#include "collect/collector.h"
#include "store/recording.h"

namespace culprit {
namespace po = boost::program_options;

void add_reading_options(po::options_description& options) {
  options.add_options()("from", po::value<std::string>(),
                        "read this recording, not the running host")(
      "without", po::value<std::vector<std::string>>()->composing(),
      "do without FEATURE (culprit doctor --help lists them)")(
      "hide-commands", "keep no command lines: they can hold secrets");
}

namespace {

Result<std::unique_ptr<SampleSource>> open_recording(const po::variables_map& values) {
  for (const char* live : {"without", "hide-commands", "exact", "stacks"})
    if (values.count(live))
      return misuse(std::string("--") + live +
                    " is for the running host; a recording holds what it holds");
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

}  // namespace

Result<std::unique_ptr<SampleSource>> open_source(const po::variables_map& values) {
  if (values.count("from")) return open_recording(values);
  const auto options = collector_options(values);
  if (!options) return tl::unexpected(options.error());
  return make_collector(*options);
}

Result<std::unique_ptr<SampleSource>> open_stack_source(const po::variables_map& values,
                                                        const StackOptions& stacks) {
  if (values.count("from")) return open_recording(values);
  auto options = collector_options(values);
  if (!options) return tl::unexpected(options.error());
  options->stacks = stacks;
  options->without.insert({"sched", "memory", "block", "network", "call", "tls"});
  return make_collector(*options);
}

}  // namespace culprit
