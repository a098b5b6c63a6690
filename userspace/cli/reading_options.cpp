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

Result<std::unique_ptr<SampleSource>> open_source(const po::variables_map& values) {
  if (values.count("from")) {
    for (const char* live : {"without", "hide-commands", "exact"})
      if (values.count(live))
        return misuse(std::string("--") + live +
                      " is for the running host; a recording holds what it holds");
    auto recording = Recording::open(values["from"].as<std::string>());
    if (!recording) return tl::unexpected(recording.error());
    return std::move(*recording);
  }
  CollectorOptions options;
  options.hide_commands = values.count("hide-commands") > 0;
  options.exact_tasks = values.count("exact") > 0;
  if (values.count("without")) {
    auto without = parse_features(values["without"].as<std::vector<std::string>>());
    if (!without) return tl::unexpected(without.error());
    options.without = std::move(*without);
  }
  return make_collector(options);
}

}  // namespace culprit
