// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "analyze/trend.h"
#include "store/history_reader.h"

namespace culprit {

/// A number of the host, and where it is heading.
struct NamedTrend {
  TrendSeries series;
  Trend trend;
};

struct HistoryTrends {
  std::string host;  ///< JSON; "" not known
  TimeSpan span;     ///< from the first to the last that was watched
  double watched_seconds = 0;
  std::vector<NamedTrend> trends;
};

/// The numbers of that time whose course is worth knowing, what became of them, and what began or
/// changed when a level jumped. Absent numbers have no trend.
Result<HistoryTrends> read_trends(HistoryReader& reader, TimeSpan span, int zone_seconds);

}  // namespace culprit
