// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "act/evidence.h"
#include "act/setting.h"
#include "act/track.h"

namespace culprit {

/// What to do to a suspect at a step, from 0 on; absent below the floor.
/// CPUs: weight 10, then 1, then quotas, each 0.7 of the one before, down to
/// max(0.1 CPU, 5 % of the host, 10 % of its median use).
/// Disks: of a unit weight 10, else I/O class idle; then bytes a second, from 0.7 of what it moves
/// on, each 0.7 of the one before, down to max(1 MiB/s, 10 % of its median use), in whole MiB.
std::optional<Setting> knob_step(int step, const Incrimination& evidence,
                                 const SuspectTrack& suspect, std::uint32_t cpu_count);

/// The step after one that does nothing: a weight that does nothing does nothing when it is lower.
int step_after_vain(Resource resource, int step);

/// Who uses less cannot be the cause of anything, and slowing it would free nothing.
double least_use(Resource resource);
/// Who uses less has ended its work.
double idle_use(Resource resource);

}  // namespace culprit
