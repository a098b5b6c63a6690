// SPDX-License-Identifier: Apache-2.0
#include "collect/cost_budget.h"

#include <utility>

namespace culprit {
namespace {

constexpr std::uint64_t kWindowNs = 5'000'000'000;
constexpr int kStrikes = 3;

}  // namespace

CostBudget::CostBudget(double ratio, std::uint32_t cpu_count) : most_cpus_(ratio * cpu_count) {}

bool CostBudget::exceeded(std::uint64_t now_ns, std::uint64_t used_ns) {
  if (begin_ns_ && now_ns - begin_ns_ < kWindowNs) return false;
  const std::uint64_t begin_ns = std::exchange(begin_ns_, now_ns);
  const std::uint64_t begin_used_ns = std::exchange(begin_used_ns_, used_ns);
  // Probes that are let go of take what they cost out of the sum.
  if (begin_ns == 0 || used_ns < begin_used_ns) return false;
  used_cpus_ =
      static_cast<double>(used_ns - begin_used_ns) / static_cast<double>(now_ns - begin_ns);
  if (!std::exchange(warm_, true)) return false;
  strikes_ = used_cpus_ > most_cpus_ ? strikes_ + 1 : 0;
  if (strikes_ < kStrikes) return false;
  strikes_ = 0;
  return true;
}

}  // namespace culprit
