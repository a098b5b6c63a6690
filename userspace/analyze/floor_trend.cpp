// SPDX-License-Identifier: Apache-2.0
#include "analyze/floor_trend.h"

#include <algorithm>
#include <vector>

namespace culprit {

void FloorTrend::note(double seconds, double value) {
  if (count_ > 0 && seconds < floors_[count_ - 1].seconds) return;
  if (count_ > 0 && seconds < begin_ + stretch_) {
    Floor& last = floors_[count_ - 1];
    if (value < last.value) last = {seconds, value};
    return;
  }
  if (count_ == kStretches) {
    std::move(floors_.begin() + 1, floors_.end(), floors_.begin());
    count_--;
  }
  begin_ = seconds;
  floors_[count_++] = {seconds, value};
}

bool FloorTrend::keeps_rising() const {
  const double rise = floors_[count_ - 1].value - floors_[0].value;
  if (rise <= 0) return false;
  double highest = floors_[0].value;
  for (std::size_t i = 1; i < count_; ++i) {
    if (highest - floors_[i].value > kFall * rise) return false;
    highest = std::max(highest, floors_[i].value);
  }
  const std::size_t thirds[] = {0, (count_ - 1) / 3, (count_ - 1) * 2 / 3, count_ - 1};
  for (std::size_t i = 0; i < 3; ++i)
    if (floors_[thirds[i + 1]].value - floors_[thirds[i]].value < kThird * rise) return false;
  return true;
}

std::optional<double> FloorTrend::per_hour() const {
  if (count_ < 3) return std::nullopt;
  const double span = floors_[count_ - 1].seconds - floors_[0].seconds;
  if (span < 0.9 * stretch_ * static_cast<double>(kStretches - 1)) return std::nullopt;
  if (!keeps_rising()) return std::nullopt;
  std::size_t down = 0;
  std::vector<double> slopes;
  for (std::size_t a = 0; a < count_; ++a) {
    if (a > 0 && floors_[a].value < floors_[a - 1].value) down++;
    for (std::size_t b = a + 1; b < count_; ++b) {
      const double seconds = floors_[b].seconds - floors_[a].seconds;
      if (seconds > 0) slopes.push_back((floors_[b].value - floors_[a].value) / seconds);
    }
  }
  if (static_cast<double>(down) > kDownwards * static_cast<double>(count_)) return std::nullopt;
  if (slopes.empty()) return std::nullopt;
  const auto middle = slopes.begin() + static_cast<std::ptrdiff_t>(slopes.size() / 2);
  std::nth_element(slopes.begin(), middle, slopes.end());
  return *middle * 3600;
}

}  // namespace culprit
