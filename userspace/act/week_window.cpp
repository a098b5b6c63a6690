// SPDX-License-Identifier: Apache-2.0
#include "act/week_window.h"

#include <algorithm>
#include <ctime>
#include <optional>

namespace culprit {
namespace {

constexpr int kDay = 24 * 60;
constexpr std::array<std::string_view, 7> kDays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

tl::unexpected<Error> wrong(std::string_view text) {
  return misuse("'" + std::string(text) +
                "' is no window; 22:00-06:00, \"Mon-Fri 09:00-17:00\" and \"Sat,Sun 00:00-24:00\" "
                "are");
}

std::optional<int> parse_day(std::string_view text) {
  const auto found = std::find(kDays.begin(), kDays.end(), text);
  if (found == kDays.end()) return std::nullopt;
  return static_cast<int>(found - kDays.begin());
}

/// "09:30" in minutes; 24:00 is the last.
std::optional<int> parse_clock(std::string_view text) {
  const auto digit = [&](std::size_t place) { return text[place] >= '0' && text[place] <= '9'; };
  if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4))
    return std::nullopt;
  const int hour = (text[0] - '0') * 10 + text[1] - '0';
  const int minute = (text[3] - '0') * 10 + text[4] - '0';
  if (minute > 59 || hour * 60 + minute > kDay) return std::nullopt;
  return hour * 60 + minute;
}

/// "Mon" or "Mon-Fri".
bool add_days(std::string_view text, std::array<bool, 7>& days) {
  const std::size_t dash = text.find('-');
  const auto first = parse_day(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_day(text.substr(dash + 1));
  if (!first || !last) return false;
  for (int day = *first;; day = (day + 1) % 7) {
    days[static_cast<std::size_t>(day)] = true;
    if (day == *last) return true;
  }
}

}  // namespace

WeekMinute week_minute(std::int64_t wall_ns) {
  const std::time_t seconds = wall_ns / 1'000'000'000;
  std::tm local{};
  if (!localtime_r(&seconds, &local)) return {};
  return {(local.tm_wday + 6) % 7, local.tm_hour * 60 + local.tm_min};
}

bool WeekWindow::holds(WeekMinute now) const {
  const auto on = [&](int day) { return days[static_cast<std::size_t>((day + 7) % 7)]; };
  if (begin < end) return on(now.day) && now.minute >= begin && now.minute < end;
  return (on(now.day) && now.minute >= begin) || (on(now.day - 1) && now.minute < end);
}

Result<WeekWindow> parse_week_window(std::string_view text) {
  WeekWindow window;
  window.text = text;
  std::string_view hours = text;
  if (const std::size_t blank = text.find(' '); blank != std::string_view::npos) {
    hours = text.substr(blank + 1);
    std::string_view names = text.substr(0, blank);
    while (!names.empty()) {
      const std::size_t comma = names.find(',');
      if (!add_days(names.substr(0, comma), window.days)) return wrong(text);
      names = comma == std::string_view::npos ? std::string_view() : names.substr(comma + 1);
    }
  } else {
    window.days.fill(true);
  }
  const std::size_t dash = hours.find('-');
  if (dash == std::string_view::npos) return wrong(text);
  const auto begin = parse_clock(hours.substr(0, dash)), end = parse_clock(hours.substr(dash + 1));
  if (!begin || !end || *begin == *end || *begin == kDay) return wrong(text);
  window.begin = *begin;
  window.end = *end;
  return window;
}

bool AutoWindows::allows(WeekMinute now) const {
  const auto holds = [&](const WeekWindow& window) { return window.holds(now); };
  if (std::any_of(forbid.begin(), forbid.end(), holds)) return false;
  return allow.empty() || std::any_of(allow.begin(), allow.end(), holds);
}

}  // namespace culprit
