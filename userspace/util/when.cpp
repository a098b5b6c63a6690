// SPDX-License-Identifier: Apache-2.0
#include "util/when.h"

#include <time.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>

#include "util/duration.h"

namespace culprit {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

/// Takes text apart from its front; each read leaves it alone when something else is there.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }
  bool literal(std::string_view expected) {
    if (!text_.starts_with(expected)) return false;
    text_.remove_prefix(expected.size());
    return true;
  }
  /// A number of exactly so many digits, within bounds.
  bool digits(std::size_t count, int least, int most, int& value) {
    if (text_.size() < count) return false;
    int number = 0;
    for (const char digit : text_.substr(0, count)) {
      if (digit < '0' || digit > '9') return false;
      number = number * 10 + (digit - '0');
    }
    if (number < least || number > most) return false;
    value = number;
    text_.remove_prefix(count);
    return true;
  }
  /// Digits after a point, as nanoseconds.
  bool fraction(std::int64_t& ns) {
    std::int64_t unit = kSecond;
    const std::string_view before = text_;
    while (!text_.empty() && std::isdigit(static_cast<unsigned char>(text_.front()))) {
      unit /= 10;
      ns += unit * (text_.front() - '0');
      text_.remove_prefix(1);
    }
    return text_.size() < before.size();
  }

 private:
  std::string_view text_;
};

bool read_date(Scanner& in, tm& time) {
  int year = 0, month = 0;
  if (!in.digits(4, 1970, 9999, year) || !in.literal("-") || !in.digits(2, 1, 12, month) ||
      !in.literal("-") || !in.digits(2, 1, 31, time.tm_mday))
    return false;
  time.tm_year = year - 1900;
  time.tm_mon = month - 1;
  return true;
}

bool read_clock(Scanner& in, tm& time, std::int64_t& fraction_ns) {
  if (!in.digits(2, 0, 23, time.tm_hour) || !in.literal(":") || !in.digits(2, 0, 59, time.tm_min))
    return false;
  time.tm_sec = 0;
  if (!in.literal(":")) return true;
  return in.digits(2, 0, 60, time.tm_sec) && (!in.literal(".") || in.fraction(fraction_ns));
}

/// Seconds that a zone is ahead of UTC: Z, +01:00.
std::optional<int> read_zone(Scanner& in) {
  if (in.literal("Z") || in.literal("z")) return 0;
  const bool ahead = in.literal("+");
  if (!ahead && !in.literal("-")) return std::nullopt;
  int hours = 0, minutes = 0;
  if (!in.digits(2, 0, 23, hours) || !in.literal(":") || !in.digits(2, 0, 59, minutes))
    return std::nullopt;
  return (ahead ? 1 : -1) * (hours * 3600 + minutes * 60);
}

/// A day that the month does not have would silently become one of the next.
bool is_of_month(const tm& asked, const tm& made) {
  return asked.tm_mday == made.tm_mday && asked.tm_mon == made.tm_mon;
}

std::optional<std::int64_t> local_ns(tm time) {
  const tm asked = time;
  time.tm_isdst = -1;
  const time_t seconds = mktime(&time);
  if (seconds == -1 || !is_of_month(asked, time)) return std::nullopt;
  return static_cast<std::int64_t>(seconds) * kSecond;
}

/// 2026-11-25T14:05:00Z, 2026-11-25 14:05, 2026-11-25.
std::optional<std::int64_t> read_calendar(std::string_view text) {
  Scanner in(text);
  tm time{};
  std::int64_t fraction_ns = 0;
  if (!read_date(in, time)) return std::nullopt;
  if (in.at_end()) return local_ns(time);
  if (!in.literal("T") && !in.literal("t") && !in.literal(" ")) return std::nullopt;
  if (!read_clock(in, time, fraction_ns)) return std::nullopt;
  if (in.at_end()) {
    const auto ns = local_ns(time);
    return ns ? std::optional(*ns + fraction_ns) : std::nullopt;
  }
  const auto ahead = read_zone(in);
  if (!ahead || !in.at_end()) return std::nullopt;
  const tm asked = time;
  const time_t seconds = timegm(&time);
  if (!is_of_month(asked, time)) return std::nullopt;
  return (static_cast<std::int64_t>(seconds) - *ahead) * kSecond + fraction_ns;
}

/// 14:05, today 14:05, yesterday 14:05, yesterday.
std::optional<std::int64_t> read_day(std::string_view text, std::int64_t now_ns) {
  Scanner in(text);
  const auto now = static_cast<time_t>(now_ns / kSecond);
  tm time{};
  localtime_r(&now, &time);
  const bool yesterday = in.literal("yesterday"), today = !yesterday && in.literal("today");
  time.tm_hour = time.tm_min = time.tm_sec = 0;
  std::int64_t fraction_ns = 0;
  if (in.at_end() && !yesterday && !today) return std::nullopt;
  if (!in.at_end()) {
    if ((yesterday || today) && !in.literal(" ")) return std::nullopt;
    if (!read_clock(in, time, fraction_ns) || !in.at_end()) return std::nullopt;
  }
  const auto at_day = [&](int days_before) -> std::optional<std::int64_t> {
    tm day = time;
    day.tm_mday -= days_before;
    day.tm_isdst = -1;
    const time_t seconds = mktime(&day);
    if (seconds == -1) return std::nullopt;
    return static_cast<std::int64_t>(seconds) * kSecond + fraction_ns;
  };
  if (yesterday) return at_day(1);
  const auto ns = at_day(0);
  // A bare time that is still to come was meant as the one of yesterday.
  return ns && !today && *ns > now_ns ? at_day(1) : ns;
}

}  // namespace

Result<std::int64_t> parse_when(std::string_view text, std::int64_t now_ns) {
  if (text == "now") return now_ns;
  if (const auto ns = read_calendar(text)) return *ns;
  if (const auto ns = read_day(text, now_ns)) return *ns;
  std::string_view span = text;
  if (span.ends_with(" ago")) span.remove_suffix(4);
  if (const auto duration = parse_duration(span)) return now_ns - duration->count();
  return misuse("'" + std::string(text) +
                "' is no time; write 2h, \"2h ago\", 14:05, \"yesterday 14:05\", "
                "\"2026-11-25 14:05\" or 2026-11-25T14:05:00Z");
}

namespace {

std::string print_local(std::int64_t wall_ns, const char* format) {
  const auto seconds = static_cast<time_t>(wall_ns / kSecond);
  tm time{};
  localtime_r(&seconds, &time);
  std::array<char, 64> text{};
  const std::size_t size = strftime(text.data(), text.size(), format, &time);
  return std::string(text.data(), size);
}

}  // namespace

std::string local_time(std::int64_t wall_ns) {
  return print_local(wall_ns, "%Y-%m-%d %H:%M:%S");
}

std::string local_zone(std::int64_t wall_ns) {
  return print_local(wall_ns, "%z %Z");
}

}  // namespace culprit
