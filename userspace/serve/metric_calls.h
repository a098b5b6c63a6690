// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "model/snapshot.h"
#include "serve/metric_writer.h"

namespace culprit {

/// Metrics of databases, endpoints and services, and of the `queries` that took most time:
/// there can be thousands.
void write_call_metrics(MetricWriter& out, const Snapshot& snapshot, std::size_t queries);

}  // namespace culprit
