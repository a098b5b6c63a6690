// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <unordered_map>

#include "store/history_tick.h"

namespace culprit {

/// Adds what another row did in the same interval: everything adds up.
void join(HistoryRow& row, const HistoryRow& other, HistoryKind kind);

/// Adds what the same row did at another time: amounts add up, states are weighted by time.
void follow(HistoryRow& row, const HistoryRow& later, HistoryKind kind);

/// The rows that lead in one of their kind's numbers; all others become the rest.
void cut_to_leaders(HistoryTick& tick);

/// Merges intervals that follow one another.
class HistoryRollup {
 public:
  bool empty() const { return !sum_; }
  /// Adds an interval; names have to be from the same HistoryNames or reader.
  void add(const HistoryTick& tick);
  /// When the interval that is being merged began; 0: none is.
  std::int64_t start_ns() const { return sum_ ? sum_->start_ns : 0; }
  /// Hands the sum over, cut to its leaders, and starts anew; nullopt: nothing was added.
  std::optional<HistoryTick> take();

 private:
  void add_table(HistoryKind kind, const HistoryTable& from);

  std::optional<HistoryTick> sum_;
  std::array<std::unordered_map<const HistoryName*, std::size_t>, kHistoryKinds> places_;
};

}  // namespace culprit
