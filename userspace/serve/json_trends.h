// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "store/history_trends.h"

namespace culprit {

/// The document culprit.trends/1, without a line break at its end.
std::string trends_json(const HistoryTrends& trends);

}  // namespace culprit
