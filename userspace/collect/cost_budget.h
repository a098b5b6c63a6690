// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace culprit {

/// Holds what culprit costs against what it may cost, over windows of a few seconds.
class CostBudget {
 public:
  /// `ratio` of the time of that many CPUs.
  CostBudget(double ratio, std::uint32_t cpu_count);

  /// `used_ns` is all of our CPU time so far, cumulative. True when several windows in a row have
  /// ended in which more was used than may be: time to do without something. The first window
  /// does not count: what starting costs comes once.
  bool exceeded(std::uint64_t now_ns, std::uint64_t used_ns);

  /// Of a CPU, in the window that ended last.
  double used_cpus() const { return used_cpus_; }
  double most_cpus() const { return most_cpus_; }

 private:
  double most_cpus_;
  std::uint64_t begin_ns_ = 0, begin_used_ns_ = 0;
  bool warm_ = false;
  int strikes_ = 0;
  double used_cpus_ = 0;
};

}  // namespace culprit
