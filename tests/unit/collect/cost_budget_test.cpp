// SPDX-License-Identifier: Apache-2.0
#include "collect/cost_budget.h"

#include "catch.h"

using namespace culprit;

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

/// How often it was exceeded by one who uses that share of a CPU from second `from` on.
int times_exceeded(CostBudget& budget, double share, int seconds) {
  int times = 0;
  for (int second = 0; second <= seconds; ++second)
    times += budget.exceeded(static_cast<std::uint64_t>(1000 + second) * kSecond,
                             static_cast<std::uint64_t>(second * share * 1e9));
  return times;
}

}  // namespace

TEST_CASE("A budget is of all CPUs, and exceeded after three windows, the start not counted",
          "[budget]") {
  CostBudget budget(0.02, 4);
  CHECK(budget.most_cpus() == Approx(0.08));
  CHECK(times_exceeded(budget, 0.07, 60) == 0);
  CostBudget exceeded(0.02, 4);
  CHECK(times_exceeded(exceeded, 0.09, 65) == 4);
  CHECK(exceeded.used_cpus() == Approx(0.09));
}

TEST_CASE("Costs that go with a probe that was let go of are no reason", "[budget]") {
  CostBudget budget(0.02, 1);
  std::uint64_t used = 0;
  for (int second = 0; second <= 20; ++second) {
    used = second == 12 ? used / 2 : used + kSecond / 100;
    CHECK_FALSE(budget.exceeded(static_cast<std::uint64_t>(1 + second) * kSecond, used));
  }
}
