// SPDX-License-Identifier: Apache-2.0
#include "analyze/number_text.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <span>

namespace culprit {
namespace {

struct Scale {
  double from;  ///< smallest amount that is told so
  double divisor;
  const char* word;
};

/// Three digits, without zeros that tell nothing.
std::string digits(double value) {
  std::array<char, 48> text;
  const double size = std::fabs(value);
  const int decimals = size >= 100 || value == std::floor(value) ? 0 : size >= 10 ? 1 : 2;
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  std::string out(text.data());
  if (out.find('.') == std::string::npos) return out;
  while (out.ends_with('0')) out.pop_back();
  if (out.ends_with('.')) out.pop_back();
  return out;
}

/// By the first scale, largest first, that the amount reaches; else by the last.
std::string scaled(double value, std::span<const Scale> scales) {
  for (const Scale& scale : scales)
    if (std::fabs(value) >= scale.from) return digits(value / scale.divisor) + scale.word;
  return digits(value / scales.back().divisor) + scales.back().word;
}

constexpr Scale kTimes[] = {{172800, 86400, " days"}, {7200, 3600, " h"},
                            {120, 60, " min"},        {1, 1, " s"},
                            {1e-3, 1e-3, " ms"},      {1e-6, 1e-6, " µs"}};
constexpr Scale kSizes[] = {{1099511627776.0, 1099511627776.0, " TiB"},
                            {1073741824.0, 1073741824.0, " GiB"},
                            {1048576.0, 1048576.0, " MiB"},
                            {1024.0, 1024.0, " KiB"},
                            {1, 1, " bytes"}};
constexpr Scale kCounts[] = {{1e9, 1e9, " G"}, {1e6, 1e6, " M"}, {1e4, 1e3, " k"}, {1, 1, ""}};

}  // namespace

std::string number_text(double value, Unit unit) {
  if (!std::isfinite(value)) return "-";
  if (value == 0 && (unit == Unit::kSeconds || unit == Unit::kLatency)) return "0 s";
  switch (unit) {
    case Unit::kSeconds:
    case Unit::kLatency:
      return scaled(value, kTimes);
    case Unit::kNanoseconds:
      return scaled(value * 1e-9, kTimes);
    case Unit::kBytes:
      return scaled(value, kSizes);
    case Unit::kBytesPerHour:
      return scaled(value, kSizes) + "/h";
    case Unit::kCores:
      return digits(value) + (value == 1 ? " CPU" : " CPUs");
    case Unit::kRatio:
      return digits(value * 100) + " %";
    case Unit::kCount:
      return scaled(value, kCounts);
    case Unit::kNone:
      return digits(value);
  }
  return digits(value);
}

std::string_view unit_word(Unit unit) {
  switch (unit) {
    case Unit::kSeconds:
    case Unit::kLatency:
      return "seconds";
    case Unit::kNanoseconds:
      return "nanoseconds";
    case Unit::kBytes:
      return "bytes";
    case Unit::kBytesPerHour:
      return "bytes_per_hour";
    case Unit::kCores:
      return "cpus";
    case Unit::kRatio:
      return "ratio";
    case Unit::kCount:
    case Unit::kNone:
      return "";
  }
  return "";
}

std::optional<double> number_in(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* number = std::get_if<std::uint64_t>(&value)) return static_cast<double>(*number);
  if (const auto* number = std::get_if<std::int64_t>(&value)) return static_cast<double>(*number);
  return std::nullopt;
}

}  // namespace culprit
