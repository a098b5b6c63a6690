// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "model/names.h"
#include "model/process_table.h"
#include "model/snapshot.h"

namespace culprit {

/// A row for each process that is alive or ended within the interval, by CPU time used,
/// then by pid. Their class comes later (TaskTable).
std::vector<ProcessRow> make_process_rows(const ProcessTable& table, const Names& names,
                                          const std::vector<DelayReading>& delays);

}  // namespace culprit
