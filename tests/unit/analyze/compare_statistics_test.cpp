// SPDX-License-Identifier: Apache-2.0
#include "analyze/compare_statistics.h"

#include <array>

#include "catch.h"
#include "util/median.h"

namespace culprit {
namespace {

double ranks(std::vector<double> before, std::vector<double> after) {
  return rank_test(before, after);
}

}  // namespace

TEST_CASE("the rank test is exact, with ties and without", "[compare]") {
  // Two of the 20 ways to pick three of six are as far apart.
  CHECK(ranks({1, 2, 3}, {4, 5, 6}) == Approx(2.0 / 20));
  CHECK(ranks({4, 5, 6}, {1, 2, 3}) == Approx(2.0 / 20));
  // U = 0 of 5 and 5: two of 252 ways; and the same twice.
  CHECK(ranks({6, 7, 8, 9, 10}, {1, 2, 3, 4, 5}) == Approx(2.0 / 252));
  CHECK(ranks({1, 2, 3, 4, 5}, {6, 7, 8, 9, 10}) == Approx(2.0 / 252));
  CHECK(ranks({1, 2, 3}, {1, 2, 3}) == 1);
  // 114 of the 462 ways.
  CHECK(ranks({1.1, 2.3, 3.5, 9.0, 4.2}, {2.0, 5.1, 6.6, 7.7, 8.8, 10.2}) ==
        Approx(0.2467532).epsilon(1e-5));
  // Ranks 1.5 1.5 3.5 | 3.5 5.5 5.5: of 20 ways, 2 sum up to 6.5 or less, 2 to 14.5 or more.
  CHECK(ranks({1, 1, 2}, {2, 3, 3}) == Approx(4.0 / 20));
  CHECK(ranks({5, 5, 5}, {5, 5}) == 1);
  CHECK(ranks({}, {1, 2}) == 1);
}

TEST_CASE("probabilities are held against how many there are", "[compare]") {
  const std::array given = {0.01, 0.04, 0.03, 0.005};
  const std::vector<double> together = corrected(given);
  const std::array expected = {0.03, 0.06, 0.06, 0.02};
  for (std::size_t index = 0; index < given.size(); ++index)
    CHECK(together[index] == Approx(expected[index]));
  CHECK(corrected({}).empty());
  CHECK(corrected(std::array{0.7, 0.9}) == std::vector<double>{1, 1});
}

TEST_CASE("quantiles of few values may differ by chance, those of many do not", "[compare]") {
  CHECK(quantile_test(0.5, {0.020, 30, 0.5}, {0.024, 30, 0.5}) > 0.1);
  CHECK(quantile_test(0.5, {0.020, 3000, 0.5}, {0.024, 3000, 0.5}) < 1e-6);
  CHECK(quantile_test(0.95, {0.1, 3000, 0.5}, {0.1, 3000, 0.5}) == Approx(1));
  // The tail is known less well than the middle.
  CHECK(quantile_test(0.95, {0.020, 300, 0.5}, {0.024, 300, 0.5}) >
        quantile_test(0.5, {0.020, 300, 0.5}, {0.024, 300, 0.5}));
  CHECK(quantile_test(0.5, {0, 0, 0}, {1, 100, 1}) == 1);
}

TEST_CASE("shares and rates are held against what they rest on", "[compare]") {
  CHECK(share_test(10, 1000, 12, 1000) > 0.5);
  CHECK(share_test(10, 1000, 60, 1000) < 1e-6);
  CHECK(share_test(0, 100, 0, 100) == 1);
  CHECK(share_test(0, 0, 5, 10) == 1);
  CHECK(rate_test(300, 100, 310, 100) > 0.5);
  CHECK(rate_test(2000, 100, 300, 100) < 1e-6);
  CHECK(rate_test(0, 100, 0, 100) == 1);
}

TEST_CASE("medians", "[compare]") {
  CHECK(median({}) == 0);
  CHECK(median({3, 1, 2}) == 2);
  CHECK(median({4, 1, 2, 3}) == 2.5);
  CHECK(median_deviation(std::array{1.0, 1.0, 2.0, 2.0, 4.0, 6.0, 9.0}) == 1);
}

}  // namespace culprit
