// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "collect/sample_source.h"
#include "collect/stack_options.h"

namespace culprit {

struct CollectorOptions {
  std::set<std::string> without;                      ///< features to do without (feature_names())
  bool hide_commands = false;                         ///< keep command lines out of every Sample
  bool exact_tasks = false;                           ///< measure each step of asyncio tasks
  std::optional<StackOptions> stacks = std::nullopt;  ///< absent: none are taken
  /// What culprit may use, of the time of all CPUs; above it lets go of probes, one family after
  /// the other (HostProbes::shed_next). Absent: it keeps them whatever they cost.
  std::optional<double> cpu_budget_ratio = std::nullopt;
};

/// The running host: probes it, loads what it can, falls back to /proc where BPF is not
/// to be had (the Samples then say so). Everything is gone again with the object.
Result<std::unique_ptr<SampleSource>> make_collector(const CollectorOptions& options);

}  // namespace culprit
