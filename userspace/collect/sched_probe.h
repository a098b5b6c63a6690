// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "bpf/object_loader.h"
#include "collect/sample.h"

struct sched_probe;

namespace culprit {

/// User-space half of bpf/sched.bpf.c: run-queue latency and who delayed whom.
class SchedProbe {
 public:
  /// Loads and attaches; `unit_hierarchy` is enum unit_hierarchy of kernel_compat.bpf.h.
  static Result<std::unique_ptr<SchedProbe>> load(ObjectLoader& loader,
                                                  std::uint32_t unit_hierarchy);
  ~SchedProbe();

  /// CLOCK_MONOTONIC minus the scheduler's clock in ns, as measured since the last call;
  /// asks for a fresh measurement. 0: no switch has happened yet.
  std::int64_t take_clock_offset();

  /// Waits charged since the last call, host-wide, in ns.
  std::vector<DelayReading> take_delays();

  /// Waits for a CPU on the whole host, cumulative. Absent when the map cannot be read.
  std::optional<histogram> run_queue_latency() const;

  bpf_object* object() const;

 private:
  SchedProbe();
  void await_first_switch();

  SkeletonHandle<sched_probe> skeleton_;
  std::int64_t last_offset_ = 0;
};

}  // namespace culprit
