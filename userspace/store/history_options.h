// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace culprit {

inline constexpr char kHistoryPath[] = "/var/lib/culprit/history.db";
inline constexpr std::uint64_t kLeastHistoryBytes = std::uint64_t{4} << 20;

struct HistoryOptions {
  /// How long intervals of 1 s, 10 s and 60 s are kept.
  std::array<std::chrono::seconds, 3> kept = {std::chrono::hours(1), std::chrono::hours(24),
                                              std::chrono::hours(30 * 24)};
  /// The file with its write-ahead log is never larger; at least kLeastHistoryBytes.
  std::uint64_t budget_bytes = std::uint64_t{256} << 20;
  /// What came within so long is written in one transaction: what a kill can lose.
  std::chrono::milliseconds commit_every{1500};
};

}  // namespace culprit
