// SPDX-License-Identifier: Apache-2.0
#include "analyze/rank_tests.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "util/median.h"

namespace culprit {
namespace {

constexpr double kNormal95 = 1.959964;  // two-sided
constexpr double kNormal90 = 1.644854;
constexpr double kLeftOfLine = 0.1;  // of the spread, by a line that tells nearly all

double autocorrelation(std::span<const double> values, std::size_t lag) {
  const double mean =
      std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  double above = 0, below = 0;
  for (std::size_t i = 0; i < values.size(); i++) {
    below += (values[i] - mean) * (values[i] - mean);
    if (i + lag < values.size()) above += (values[i] - mean) * (values[i + lag] - mean);
  }
  return below > 0 ? above / below : 0;
}

/// What the variance of Mann–Kendall's S is multiplied by: 1 where nothing depends on its
/// neighbours. Hamed and Rao take the ranks of what is left without the trend, and of their
/// correlations those that chance does not explain.
double variance_factor(std::span<const double> residuals) {
  const std::vector<double> ranks = ranks_of(residuals);
  const auto n = static_cast<double>(residuals.size());
  double sum = 0;
  for (std::size_t lag = 1; lag < residuals.size() / 2; lag++) {
    const double correlation = autocorrelation(ranks, lag);
    const auto k = static_cast<double>(lag);
    if (std::fabs(correlation) > kNormal95 / std::sqrt(n))
      sum += (n - k) * (n - k - 1) * (n - k - 2) * correlation;
  }
  return std::max(1.0, 1 + 2 / (n * (n - 1) * (n - 2)) * sum);
}

/// Variance of S when nothing depends on anything, with values that are equal.
double plain_variance(std::span<const double> y) {
  const auto n = static_cast<double>(y.size());
  std::map<double, double> counts;
  for (const double value : y) counts[value]++;
  double variance = n * (n - 1) * (2 * n + 5);
  for (const auto& [value, count] : counts) variance -= count * (count - 1) * (2 * count + 5);
  return variance / 18;
}

double deviation_from(std::span<const double> values, double level) {
  double sum = 0;
  for (const double value : values) sum += std::fabs(value - level);
  return sum;
}

/// What the variance of S is multiplied by. Where each value follows the one before closely, few
/// single correlations stand out of chance: then what neighbours have in common counts. Where the
/// line leaves next to nothing, how that hangs together is no reason to doubt the line.
double dependence_factor(std::span<const double> y, std::span<const double> residuals) {
  const double whole = deviation_from(y, median({y.begin(), y.end()}));
  const double left = deviation_from(residuals, median({residuals.begin(), residuals.end()}));
  if (left < kLeftOfLine * whole) return 1;
  return std::max(variance_factor(residuals), dependence(residuals));
}

double nth(std::vector<double>& values, double place) {
  const double last = static_cast<double>(values.size() - 1);
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(std::clamp(place, 0.0, last));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

}  // namespace

std::vector<double> ranks_of(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin;
    while (end < order.size() && values[order[end]] == values[order[begin]]) end++;
    for (std::size_t i = begin; i < end; i++)
      ranks[order[i]] = static_cast<double>(begin + end + 1) / 2;
    begin = end;
  }
  return ranks;
}

RobustLine robust_line(std::span<const double> x, std::span<const double> y) {
  RobustLine line;
  const std::size_t n = y.size();
  if (n < 4) {
    line.middle = median({y.begin(), y.end()});
    return line;
  }
  std::vector<double> slopes;
  slopes.reserve(n * (n - 1) / 2);
  double s = 0;
  for (std::size_t i = 0; i < n; i++)
    for (std::size_t j = i + 1; j < n; j++) {
      if (x[j] > x[i]) slopes.push_back((y[j] - y[i]) / (x[j] - x[i]));
      s += (y[j] > y[i]) - (y[j] < y[i]);
    }
  line.slope = median(slopes);
  std::vector<double> residuals(n);
  for (std::size_t i = 0; i < n; i++) residuals[i] = y[i] - line.slope * x[i];
  line.middle = median(residuals);
  const double variance = plain_variance(y) * dependence_factor(y, residuals);
  if (variance <= 0) return line;  // all values are equal
  const double spread = std::sqrt(variance);
  const double z = (s - (s > 0) + (s < 0)) / spread;
  line.p_value = std::erfc(std::fabs(z) / std::sqrt(2.0));
  const auto pairs = static_cast<double>(slopes.size());
  line.low = nth(slopes, (pairs - kNormal90 * spread) / 2);
  line.high = nth(slopes, (pairs + kNormal90 * spread) / 2);
  return line;
}

double dependence(std::span<const double> residuals) {
  if (residuals.size() < 4) return 1;
  const double r = std::min(autocorrelation(residuals, 1), 0.99);
  return std::max(1.0, (1 + r) / (1 - r));
}

Jump likeliest_jump(std::span<const double> values) {
  Jump jump;
  const std::size_t n = values.size();
  if (n < 2) return jump;
  const std::vector<double> ranks = ranks_of(values);
  double sum = 0, most = 0;
  for (std::size_t k = 1; k < n; k++) {
    sum += ranks[k - 1];
    const double u = std::fabs(2 * sum - static_cast<double>(k) * static_cast<double>(n + 1));
    if (u > most) {
      most = u;
      jump.at = k;
    }
  }
  std::vector<double> residuals(values.begin(), values.end());
  const auto middle = static_cast<std::ptrdiff_t>(jump.at);
  const double before = median({values.begin(), values.begin() + middle});
  const double after = median({values.begin() + middle, values.end()});
  for (std::size_t i = 0; i < n; i++) residuals[i] -= i < jump.at ? before : after;
  const auto count = static_cast<double>(n);
  jump.p_value =
      std::min(1.0, 2 * std::exp(-6 * most * most / (count * count * count + count * count) /
                                 dependence(residuals)));
  return jump;
}

}  // namespace culprit
