// SPDX-License-Identifier: Apache-2.0
#include "view/format.h"

#include <algorithm>
#include <cinttypes>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <string_view>

namespace culprit {
namespace {

[[gnu::format(printf, 1, 2)]] std::string print(const char* format, ...) {
  char text[64];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return text;
}

// At most four characters: 999, 9.9K, 999K, 9.9M, …
std::string scaled(double value, double step, std::string_view suffixes) {
  if (!std::isfinite(value)) return "-";
  if (value < 999.5) return print("%.0f", value);
  std::size_t suffix = 0;
  value /= step;
  while (value >= 999.5 && suffix + 1 < suffixes.size()) {
    value /= step;
    ++suffix;
  }
  return print(value < 9.95 ? "%.1f" : "%.0f", value) + suffixes[suffix];
}

}  // namespace

std::string format_bytes(double bytes) {
  return bytes < 0 ? "-" + scaled(-bytes, 1024, "KMGTPE") : scaled(bytes, 1024, "KMGTPE");
}

std::string format_signed_bytes(double bytes) {
  return bytes >= 0.5 ? "+" + format_bytes(bytes) : format_bytes(bytes > -0.5 ? 0 : bytes);
}

std::string format_count(double count) {
  if (count > 0 && count < 9.95 && std::fabs(count - std::round(count)) >= 0.05)
    return print("%.1f", count);
  return scaled(count, 1000, "kMGTPE");
}

std::string format_percent(double percent) {
  if (!std::isfinite(percent)) return "-";
  if (std::fabs(percent) < 0.05) return "0.0";
  return print(std::fabs(percent) < 99.95 ? "%.1f" : "%.0f", percent);
}

std::string format_latency(double seconds) {
  const auto digits = [](double value) { return value < 9.95 ? "%.1f" : "%.0f"; };
  if (!std::isfinite(seconds) || seconds < 0) return "-";
  if (seconds < 999.5e-6) return print("%.0fus", seconds * 1e6);
  if (seconds < 0.9995) return print(digits(seconds * 1e3), seconds * 1e3) + "ms";
  if (seconds < 119.5) return print(digits(seconds), seconds) + "s";
  return print(digits(seconds / 60), seconds / 60) + "min";
}

std::string format_cpu_time(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "-";
  const auto hundredths = static_cast<std::uint64_t>(std::min(seconds, 1e12) * 100);
  const std::uint64_t whole = hundredths / 100, minutes = whole / 60, hours = minutes / 60;
  if (minutes < 1000)
    return print("%" PRIu64 ":%02" PRIu64 ".%02" PRIu64, minutes, whole % 60, hundredths % 100);
  if (hours < 100) return print("%" PRIu64 "h%02" PRIu64 "m", hours, minutes % 60);
  return print("%" PRIu64 "d%02" PRIu64 "h", hours / 24, hours % 24);
}

std::string format_duration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "-";
  const auto whole = static_cast<std::uint64_t>(std::min(seconds, 1e12));
  const std::uint64_t minutes = whole / 60, hours = minutes / 60, days = hours / 24;
  if (seconds < 10 && seconds != std::floor(seconds)) return print("%.1fs", seconds);
  if (whole < 120) return print("%" PRIu64 "s", whole);
  if (minutes < 60) return print("%" PRIu64 "m", minutes);
  if (hours < 24) return print("%" PRIu64 "h%02" PRIu64 "m", hours, minutes % 60);
  if (days < 100) return print("%" PRIu64 "d%02" PRIu64 "h", days, hours % 24);
  return print("%" PRIu64 "d", days);
}

std::optional<double> as_number(const Value& value) {
  if (const auto* natural = std::get_if<std::uint64_t>(&value))
    return static_cast<double>(*natural);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  return std::nullopt;
}

std::string format_value(Unit unit, FieldKind kind, const Value& value, double interval_seconds) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  const auto number = as_number(value);
  if (!number) return "-";
  const bool rate = kind == FieldKind::kCounter;
  if (rate && interval_seconds <= 0) return "-";
  const double shown = rate ? *number / interval_seconds : *number;
  switch (unit) {
    case Unit::kNone:
    case Unit::kNanoseconds:
      return print("%.0f", shown);
    case Unit::kSeconds:
      return rate ? format_percent(shown * 100) : format_cpu_time(shown);
    case Unit::kLatency:
      return format_latency(shown);
    case Unit::kCores:
    case Unit::kRatio:
      return format_percent(shown * 100);
    case Unit::kBytes:
      return std::holds_alternative<std::int64_t>(value) ? format_signed_bytes(shown)
                                                         : format_bytes(shown);
    case Unit::kBytesPerHour:
      return format_signed_bytes(shown);
    case Unit::kCount:
      return format_count(shown);
  }
  return "-";
}

}  // namespace culprit
