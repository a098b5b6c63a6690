// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "store/history_query.h"

namespace culprit {

/// A time or a moment as the document culprit.history/1, without a line break at its end. Amounts
/// are those of `seconds`; what was not known, or not kept, is null or missing, never 0.
std::string history_json(const HistoryRange& range);
std::string history_json(const HistoryMoment& moment);

/// An interval of history as a document culprit.snapshot/1, as far as analyses are compared: with
/// what was found in it.
std::string history_analysis_json(const std::string& host, const HistoryTick& tick,
                                  const std::vector<HistoryFinding>& findings);

}  // namespace culprit
