// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "collect/sample.h"
#include "model/snapshot.h"

namespace culprit {

/// What a thread used between two readings of its cumulative counters. `before` is all
/// zero for a thread that came into being in between. Waits that are still going on are
/// carried to `begin_ns` and `end_ns` (CLOCK_MONOTONIC), so that a thread that was not
/// listed again because it did not run still waits. A counter that went backwards is no
/// reading; what `coverage` lacks is absent.
Usage usage_between(const thread_record& before, std::uint64_t begin_ns, const thread_record& after,
                    std::uint64_t end_ns, const Coverage& coverage);

/// Adds field by field; absent only where both are.
void add(Usage& sum, const Usage& part);

/// Read from and written to disks; 0 where that is not known.
double disk_bytes_of(const Usage& usage);

/// True when any of its numbers is more than waiting for something to do.
bool used_anything(const Usage& usage);

}  // namespace culprit
