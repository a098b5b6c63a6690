// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "util/result.h"

namespace culprit {

/// A time of the week, in the zone of the host.
struct WeekMinute {
  int day = 0;     ///< 0 is Monday
  int minute = 0;  ///< of the day
};
/// When that is here.
WeekMinute week_minute(std::int64_t wall_ns);

/// The same hours on some days of each week: "22:00-06:00", "Sat,Sun 00:00-24:00",
/// "Mon-Fri 09:00-17:30". One that ends before it begins ends on the day after.
struct WeekWindow {
  std::array<bool, 7> days{};
  int begin = 0, end = 0;  ///< minutes of a day
  std::string text;        ///< as it was written
  bool holds(WeekMinute now) const;
  bool operator==(const WeekWindow&) const = default;
};
Result<WeekWindow> parse_week_window(std::string_view text);

/// When the engine may act by itself: within those that allow it, if there are any, and not
/// within those that forbid it.
struct AutoWindows {
  std::vector<WeekWindow> allow, forbid;
  bool allows(WeekMinute now) const;
  bool operator==(const AutoWindows&) const = default;
};

}  // namespace culprit
