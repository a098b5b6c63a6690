// SPDX-License-Identifier: Apache-2.0
#include "view/finding_words.h"

#include <array>
#include <cstdio>

#include "view/format.h"

namespace culprit {

std::string target_words(const Target& target) {
  std::string text = std::string(target_kind_name(target.kind)) + " " + target.name;
  if (target.kind == TargetKind::kProcess && target.pid)
    text += " (" + std::to_string(*target.pid) + ")";
  return text;
}

std::string evidence_words(double value, const std::string& unit) {
  if (unit == "seconds" && value >= 0) return format_latency(value);
  if (unit == "bytes") return format_bytes(value);
  if (unit == "bytes_per_hour") return format_bytes(value) + "/h";
  if (unit == "ratio") return format_percent(100 * value) + " %";
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data() + (unit.empty() ? "" : " " + unit);
}

}  // namespace culprit
