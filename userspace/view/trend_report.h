// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "store/history_trends.h"

namespace culprit {

/// Where the numbers are heading, those that move first. `utf8`: daily patterns are drawn.
std::string trend_report(const HistoryTrends& trends, bool utf8);

}  // namespace culprit
