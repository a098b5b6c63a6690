// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

namespace culprit {

/// The middle one, or the mean of the two in the middle; 0 of nothing.
double median(std::vector<double> values);

/// Median of the distances from the median; 0 of nothing.
double median_deviation(std::span<const double> values);

}  // namespace culprit
