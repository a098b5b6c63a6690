// SPDX-License-Identifier: Apache-2.0
#include "util/rfc3339.h"

#include <time.h>

#include <array>
#include <cstdio>

namespace culprit {

std::string rfc3339(std::int64_t wall_ns) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  std::int64_t seconds = wall_ns / kSecond, rest = wall_ns % kSecond;
  if (rest < 0) {  // before 1970: round down all the same
    --seconds;
    rest += kSecond;
  }
  const auto time = static_cast<time_t>(seconds);
  tm utc{};
  gmtime_r(&time, &utc);
  std::array<char, 64> text{};
  const std::size_t size = strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text.data() + size, text.size() - size, ".%03dZ",
                static_cast<int>(rest / 1'000'000));
  return text.data();
}

}  // namespace culprit
