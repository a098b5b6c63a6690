// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/snapshot.h"

namespace culprit {

/// A snapshot as a page of plain text: what is wrong and what to do, the host, who used it, who
/// waited for whom, disks, the databases, queries, endpoints and services if there were any, and
/// what the numbers lack. Ends with a line break.
std::string text_report(const Snapshot& snapshot);

}  // namespace culprit
