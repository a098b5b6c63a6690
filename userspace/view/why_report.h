// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/snapshot.h"
#include "model/subject.h"

namespace culprit {

/// A process, a task or a unit explained in sentences and small tables: where its time went
/// and behind whom it waited, its memory, its tasks, its queries, endpoints and connections to
/// databases. Lines of at most `width` cells; ends with a line break.
std::string why_report(const Snapshot& snapshot, const Subject& subject, int width, bool utf8);

}  // namespace culprit
