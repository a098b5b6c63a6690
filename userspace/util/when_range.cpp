// SPDX-License-Identifier: Apache-2.0
#include "util/when_range.h"

#include <algorithm>
#include <string>

#include "util/duration.h"
#include "util/when.h"

namespace culprit {
namespace {

constexpr std::int64_t kDayNs = 86'400'000'000'000;

/// "14:30", "14:30:05": without a day.
bool is_time_of_day(std::string_view text) {
  return text.find(':') != std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char character) {
           return (character >= '0' && character <= '9') || character == ':';
         });
}

}  // namespace

Result<WhenRange> parse_when_range(std::string_view text, std::int64_t now_ns) {
  const auto wrong = [&](const std::string& why) {
    return misuse("'" + std::string(text) + "': " + why);
  };
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || text.find('/', slash + 1) != std::string_view::npos)
    return wrong("FROM/TO was expected, e.g. yesterday 14:00/14:30");
  const std::string_view from = text.substr(0, slash), to = text.substr(slash + 1);
  const auto since = parse_when(from, now_ns);
  if (!since) return tl::unexpected<Error>(since.error());
  WhenRange range{*since, 0};
  if (const auto length = parse_duration(to); length) {
    range.until_ns = range.since_ns + length->count();
  } else {
    const auto until = parse_when(to, now_ns);
    if (!until) return tl::unexpected<Error>(until.error());
    range.until_ns = *until;
    // The last time that it was this late may be another day than that of FROM.
    if (is_time_of_day(to)) {
      while (range.until_ns - kDayNs > range.since_ns) range.until_ns -= kDayNs;
      while (range.until_ns <= range.since_ns) range.until_ns += kDayNs;
    }
  }
  if (range.until_ns <= range.since_ns) return wrong("its end is not after its begin");
  return range;
}

}  // namespace culprit
