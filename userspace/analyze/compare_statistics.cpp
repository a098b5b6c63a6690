// SPDX-License-Identifier: Apache-2.0
#include "analyze/compare_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <numeric>

#include "analyze/rank_tests.h"

namespace culprit {
namespace {

/// Probability that a standard normal variable is at least as far from 0, on either side.
double two_sided(double z) {
  return std::erfc(std::fabs(z) / std::sqrt(2.0));
}

/// Twice the rank of each of all values, for ranks that are shared are halves.
std::vector<std::uint32_t> doubled_ranks(std::span<const double> before,
                                         std::span<const double> after) {
  std::vector<double> all(before.begin(), before.end());
  all.insert(all.end(), after.begin(), after.end());
  std::vector<std::uint32_t> doubled;
  for (const double rank : ranks_of(all)) doubled.push_back(static_cast<std::uint32_t>(2 * rank));
  return doubled;
}

}  // namespace

// Wilcoxon 1945; Mann and Whitney 1947. Of all ways to pick as many ranks as `before` has, the
// share whose sum is as far from the mean; counted by the shift algorithm (Streitberg and Röhmel
// 1986), which knows ties.
double rank_test(std::span<const double> before, std::span<const double> after) {
  if (before.empty() || after.empty()) return 1;
  const std::vector<std::uint32_t> ranks = doubled_ranks(before, after);
  const std::size_t picked = before.size(), most = ranks.size() * (ranks.size() + 1);
  std::vector<std::vector<double>> ways(picked + 1, std::vector<double>(most + 1, 0.0));
  ways[0][0] = 1;
  for (const std::uint32_t rank : ranks)
    for (std::size_t count = picked; count > 0; --count)
      for (std::size_t sum = most; sum >= rank; --sum)
        ways[count][sum] += ways[count - 1][sum - rank];
  const auto distance = [&](std::size_t sum) {
    const std::size_t mean = picked * (ranks.size() + 1);
    return sum > mean ? sum - mean : mean - sum;
  };
  const std::size_t seen = distance(
      std::accumulate(ranks.begin(), ranks.begin() + static_cast<long>(picked), std::size_t{0}));
  double far = 0, all = 0;
  for (std::size_t sum = 0; sum <= most; ++sum) {
    all += ways[picked][sum];
    if (distance(sum) >= seen) far += ways[picked][sum];
  }
  return far / all;
}

// A sample's quantile is about normal with variance q(1−q) / (n f²), f being the density there
// (van der Vaart, Asymptotic Statistics, 21.2). Latencies are taken as log-normal, so that the
// logarithm's density at its quantile is φ(z) / σ.
double quantile_test(double quantile, const MeasuredQuantile& before,
                     const MeasuredQuantile& after) {
  if (before.count <= 0 || after.count <= 0 || before.value <= 0 || after.value <= 0) return 1;
  // Of the two quantiles that are asked for, the median and p95.
  const double z = quantile > 0.9 ? 1.6449 : 0.0;
  const double density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
  // Percentiles are bucket middles; nothing is known better than that.
  constexpr double kLeastSpread = 0.032;
  const auto variance = [&](const MeasuredQuantile& measured) {
    const double spread = std::max(measured.spread, kLeastSpread);
    return quantile * (1 - quantile) / measured.count * spread * spread / (density * density);
  };
  return two_sided(std::log(after.value / before.value) /
                   std::sqrt(variance(before) + variance(after)));
}

// The pooled two-proportion test (Fleiss, Statistical Methods for Rates and Proportions, 2.2).
double share_test(double hits_before, double count_before, double hits_after, double count_after) {
  if (count_before <= 0 || count_after <= 0) return 1;
  const double pooled = (hits_before + hits_after) / (count_before + count_after);
  const double variance = pooled * (1 - pooled) * (1 / count_before + 1 / count_after);
  if (variance <= 0) return 1;
  return two_sided((hits_after / count_after - hits_before / count_before) / std::sqrt(variance));
}

// Przyborowski and Wilenski 1940, by its normal approximation.
double rate_test(double events_before, double exposure_before, double events_after,
                 double exposure_after) {
  const double events = events_before + events_after;
  if (exposure_before <= 0 || exposure_after <= 0 || events <= 0) return 1;
  const double share = exposure_after / (exposure_before + exposure_after);
  return two_sided((events_after - events * share) / std::sqrt(events * share * (1 - share)));
}

// Holm 1979.
std::vector<double> corrected(std::span<const double> probabilities) {
  std::vector<std::size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return probabilities[a] < probabilities[b]; });
  std::vector<double> all(probabilities.size());
  double largest = 0;
  for (std::size_t place = 0; place < order.size(); ++place) {
    const auto left = static_cast<double>(order.size() - place);
    largest = std::max(largest, std::min(1.0, probabilities[order[place]] * left));
    all[order[place]] = largest;
  }
  return all;
}

}  // namespace culprit
