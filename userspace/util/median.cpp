// SPDX-License-Identifier: Apache-2.0
#include "util/median.h"

#include <algorithm>
#include <cmath>

namespace culprit {

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

double median_deviation(std::span<const double> values) {
  const double middle = median({values.begin(), values.end()});
  std::vector<double> distances;
  for (const double value : values) distances.push_back(std::fabs(value - middle));
  return median(std::move(distances));
}

}  // namespace culprit
