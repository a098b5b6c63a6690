// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "analyze/trend.h"
#include "store/history_tick.h"

namespace culprit {

/// Makes series of ticks that come in order: one for each number of the host that a trend is looked
/// for in, and one for each filesystem and database.
class HistorySeries {
 public:
  /// `step_ns`: the length of a point.
  explicit HistorySeries(std::int64_t step_ns) : step_ns_(step_ns) {}

  void add(const HistoryTick& tick);
  /// Those that have any point.
  std::vector<TrendSeries> take();

 private:
  /// An amount and what it is divided by: seconds, requests.
  struct Fraction {
    double amount = 0, of = 0;
  };
  void add(const std::string& key, TrendSeries kind, Fraction fraction);
  void end_point();

  std::int64_t step_ns_;
  std::int64_t point_ = 0;  ///< number of the step
  std::vector<std::string> order_;
  std::map<std::string, TrendSeries> series_;
  std::map<std::string, Fraction> current_;
};

}  // namespace culprit
