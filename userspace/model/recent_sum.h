// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace culprit {

/// Sum of what came in the last minute. Costs nothing while nothing comes.
class RecentSum {
 public:
  static constexpr std::uint64_t kSpanNs = 60'000'000'000;

  /// Times must not fall.
  void note(std::uint64_t now_ns, std::uint64_t amount) {
    const auto is_recent = [&](const Amount& one) { return one.time_ns + kSpanNs > now_ns; };
    const auto first = std::find_if(amounts_.begin(), amounts_.end(), is_recent);
    for (auto old = amounts_.begin(); old != first; ++old) sum_ -= old->amount;
    amounts_.erase(amounts_.begin(), first);
    if (amount == 0) return;
    amounts_.push_back({now_ns, amount});
    sum_ += amount;
  }
  std::uint64_t sum() const { return sum_; }

 private:
  struct Amount {
    std::uint64_t time_ns = 0, amount = 0;
  };
  std::vector<Amount> amounts_;  // by time
  std::uint64_t sum_ = 0;
};

}  // namespace culprit
