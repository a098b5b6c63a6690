// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "collect/sample.h"
#include "model/snapshot.h"

namespace culprit {

/// The host between two Samples, without what is summed from the processes.
SystemRow make_system_row(const Sample& before, const Sample& after, double seconds);

/// Balances the books: what the kernel says was used against what the rows add up to.
/// Absent when the host's CPU times are.
std::optional<Accounting> make_accounting(const Sample& before, const Sample& after, double seconds,
                                          const std::vector<ProcessRow>& processes);

/// How we fared: probes, losses, own cost.
CollectorRow make_collector_row(const Sample& before, const Sample& after);

}  // namespace culprit
