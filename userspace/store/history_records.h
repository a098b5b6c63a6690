// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

#include "model/finding.h"
#include "store/history_tick.h"

namespace culprit {

/// How long the intervals of the three levels are.
inline constexpr std::array<std::chrono::seconds, 3> kHistorySteps = {
    std::chrono::seconds(1), std::chrono::seconds(10), std::chrono::seconds(60)};
inline constexpr std::size_t kHistoryLevels = kHistorySteps.size();

/// From when to when, wall clock.
struct TimeSpan {
  std::int64_t since_ns = 0, until_ns = 0;
};

/// A finding for as long as it held.
struct HistoryFinding {
  std::string id, category, summary;
  Severity severity = Severity::kInfo;  ///< the worst that it was
  TargetKind target_kind = TargetKind::kHost;
  std::string target;      ///< its name
  std::string target_key;  ///< tells it from others of that name
  double confidence = 0;
  std::int64_t since_ns = 0, until_ns = 0;
};

/// A time of which nothing was kept though somebody watched.
struct HistoryGap {
  std::int64_t since_ns = 0, until_ns = 0;
  std::uint64_t ticks = 0;  ///< that were lost
  std::string cause;
};

/// What was done to the host, as act/ tells it.
struct HistoryAction {
  std::string id;
  std::int64_t time_ns = 0;
  std::string target, verdict;  ///< "" not known yet
  std::string document;         ///< JSON: the whole of it
};

/// A tick of one level.
struct LeveledTick {
  std::size_t level = 0;
  HistoryTick tick;
};

}  // namespace culprit
