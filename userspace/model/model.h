// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "model/call_model.h"
#include "model/names.h"
#include "model/process_table.h"
#include "model/snapshot.h"
#include "model/task_names.h"
#include "model/task_table.h"
#include "model/unit_rows.h"

namespace culprit {

/// Turns Samples into Snapshots. Touches no clock, file or map: the same Samples in the
/// same order give the same Snapshots.
class Model {
 public:
  /// With the rules that are within the binary.
  explicit Model(HostIdentity host);
  Model(HostIdentity host, TaskRules rules);

  /// The interval from the previous Sample to this one; absent for the first.
  std::optional<Snapshot> advance(const Sample& sample);

 private:
  Snapshot describe(const Sample& sample, double seconds);

  HostIdentity host_;
  Names names_;
  ProcessTable processes_;
  CallModel calls_;
  TaskNames task_names_;
  TaskTable tasks_;
  CgroupReadings cgroups_;
  std::optional<Sample> previous_;  // without its lists of threads and events
};

}  // namespace culprit
