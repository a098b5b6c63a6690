// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "store/history_query.h"

namespace culprit {

/// A time as a table with the course of the host's numbers above it. `utf8`: the course is drawn.
std::string history_report(const HistoryRange& range, bool utf8);

/// A moment: the host, who led it in what, and what was found.
std::string moment_report(const HistoryMoment& moment);

}  // namespace culprit
