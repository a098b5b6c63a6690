// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "collect/sample.h"
#include "model/field.h"
#include "model/process_table.h"
#include "model/snapshot.h"

namespace culprit {

/// Questions to name servers by who asked and whom; those that cost most time first.
std::vector<LookupRow> make_lookup_rows(const std::vector<LookupReading>& lookups,
                                        const ProcessTable& processes);

std::span<const Field<LookupRow>> lookup_fields();

}  // namespace culprit
