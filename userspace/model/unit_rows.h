// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/names.h"
#include "model/snapshot.h"

namespace culprit {

/// Cgroup readings of a Sample by path.
using CgroupReadings = std::map<std::string, CgroupReading>;

/// One row for each cgroup that has a process in `processes`, and for each above it, in
/// order of path. A process counts in its own and in every cgroup above. Throttling is
/// what came between the two readings.
std::vector<UnitRow> make_unit_rows(const std::vector<ProcessRow>& processes,
                                    const CgroupReadings& before, const CgroupReadings& after,
                                    const Names& names);

}  // namespace culprit
