// SPDX-License-Identifier: Apache-2.0
#include "model/recent_sum.h"

#include "catch.h"

TEST_CASE("a sum forgets what is older than a minute", "[recent_sum]") {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  culprit::RecentSum sum;
  sum.note(100 * kSecond, 5);
  sum.note(130 * kSecond, 7);
  sum.note(140 * kSecond, 0);
  CHECK(sum.sum() == 12);
  sum.note(160 * kSecond, 1);
  CHECK(sum.sum() == 8);
  sum.note(300 * kSecond, 0);
  CHECK(sum.sum() == 0);
}
