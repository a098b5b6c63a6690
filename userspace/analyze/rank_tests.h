// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace culprit {

/// Ranks from 1, those that are equal share the mean of theirs.
std::vector<double> ranks_of(std::span<const double> values);

/// A straight line through points, robust against outliers.
struct RobustLine {
  double slope = 0;          ///< Theil–Sen: the median of the slopes between all pairs
  double low = 0, high = 0;  ///< 90 % interval of the slope (Sen 1968)
  double middle = 0;         ///< median of what is left without the slope
  double p_value = 1;        ///< Mann–Kendall, two-sided
  double at(double x) const { return middle + slope * x; }
};

/// `x` rises. Neighbours that depend on one another widen the test and the interval (Hamed and
/// Rao 1998).
RobustLine robust_line(std::span<const double> x, std::span<const double> y);

/// Where the level jumps, by Pettitt's test (1979).
struct Jump {
  std::size_t at = 0;  ///< the first value of the later level
  double p_value = 1;
};

/// The likeliest jump; its test allows for values that depend on their neighbours.
Jump likeliest_jump(std::span<const double> values);

/// How many values that follow one another count as one independent one, from the correlation of
/// neighbours: (1 + r) / (1 - r), at least 1.
double dependence(std::span<const double> residuals);

}  // namespace culprit
