// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/snapshot.h"

namespace culprit {

/// A run of a background task that began.
struct TaskStart {
  std::uint64_t start_ns = 0;
  StartGroupRow::Member task;
};

/// Finds tasks that start together again and again, and whether those who answer requests wait
/// longer for a CPU then. Pure.
class StartGroups {
 public:
  /// Starts that are together, and how long what they bring lasts.
  static constexpr std::uint64_t kTogetherNs = 3'000'000'000, kEffectNs = 10'000'000'000;
  static constexpr std::size_t kFewestTasks = 3, kFewestTimes = 3, kMostTimes = 64;
  /// What starts more often than this is with others by chance.
  static constexpr double kShortestPeriodSeconds = 10;
  static constexpr std::size_t kMostRemembered = 4096;

  /// Takes in the interval that ends now: what started in it, and the longest wait (0…1) of one
  /// who answers.
  void advance(std::vector<TaskStart> starts, double wait_ratio, std::uint64_t begin_ns,
               std::uint64_t now_ns);
  std::vector<StartGroupRow> rows(std::uint64_t now_ns) const;
  void clear() { *this = StartGroups(); }

 private:
  struct Interval {
    std::uint64_t begin_ns = 0, end_ns = 0;
    double wait_ratio = 0;
  };
  struct Time {
    std::uint64_t first_ns = 0, last_ns = 0;
    std::map<std::string, StartGroupRow::Member> tasks;  ///< by id
    double wait_ratio = 0;
  };
  void close_time();
  void let_go(std::uint64_t now_ns);
  bool is_current(const std::vector<const Time*>& times, std::uint64_t now_ns) const;
  StartGroupRow row_of(const std::vector<const Time*>& times,
                       const std::set<std::string>& members) const;

  bool is_frequent(const TaskStart& start);

  std::unordered_map<std::string, std::uint64_t> last_starts_;  ///< by id of the task
  Time open_;  ///< tasks that started within the last seconds
  std::deque<Time> times_;
  std::deque<Interval> intervals_;  ///< the latest
  double else_ratio_ = 0;           ///< mean of the others, those of late weigh more
  bool else_known_ = false;
};

}  // namespace culprit
