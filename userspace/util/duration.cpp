// SPDX-License-Identifier: Apache-2.0
#include "util/duration.h"

#include <charconv>
#include <cmath>

namespace culprit {

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  const auto bad = [&] {
    return misuse("'" + std::string(text) + "' is not a duration; write 10, 10s, 5m, 2h or 3d");
  };
  double number = 0;
  const auto [rest, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc{} || !std::isfinite(number) || number <= 0) return bad();
  const std::string_view unit(rest, text.data() + text.size() - rest);
  double seconds = number;
  if (unit == "ms")
    seconds = number / 1000;
  else if (unit == "m")
    seconds = number * 60;
  else if (unit == "h")
    seconds = number * 3600;
  else if (unit == "d")
    seconds = number * 86400;
  else if (!unit.empty() && unit != "s")
    return bad();
  if (seconds > 366.0 * 86400 || seconds < 1e-3) return bad();
  return std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

std::chrono::nanoseconds until_next_tick(std::chrono::nanoseconds passed,
                                         std::chrono::nanoseconds interval) {
  const auto half = interval / 2;
  return interval + half - (passed + half) % interval;
}

}  // namespace culprit
