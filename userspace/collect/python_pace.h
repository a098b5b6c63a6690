// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>

#include "collect/sample.h"

namespace culprit {

/// How often the CPU clock is to look at what Python is at work for. On most hosts some Python
/// process waits all day: a tick on each CPU, 499 times a second, would be for nothing.
class PythonPace {
 public:
  /// Prime, so that it keeps in step with nothing that runs at a round rate.
  static constexpr std::uint32_t kUsualHz = 499;
  static constexpr std::uint32_t kQuietHz = 49;

  /// Takes in what the processes have used of which `is_python`, by pid, is true. The sample
  /// lists the threads that did anything, and those that ended.
  void note(const Sample& sample, const std::function<bool(std::uint32_t)>& is_python);

  /// There are new ones, at `now_ns`: as many looks as usual, at first.
  void expect(std::uint64_t now_ns);

  /// Of Python nothing was to be seen for ten seconds but less than 5 ms of CPU time in each.
  bool quiet() const { return quiet_; }
  std::uint32_t frequency_hz() const { return quiet_ ? kQuietHz : kUsualHz; }
  /// For how many samples of the usual frequency one stands.
  std::uint32_t weight() const { return quiet_ ? (kUsualHz + kQuietHz / 2) / kQuietHz : 1; }

 private:
  std::optional<std::uint64_t> used_since(const thread_record& record) const;

  /// Of Python's threads, by tid, when they were last listed.
  std::unordered_map<std::uint32_t, std::uint64_t> cpu_ns_;
  std::uint64_t noted_ns_ = 0;   // when that was; 0: never
  std::uint64_t active_ns_ = 0;  // when they last used more
  bool quiet_ = false;
};

}  // namespace culprit
