// SPDX-License-Identifier: Apache-2.0
#include "model/comparison.h"

#include <algorithm>

namespace culprit {

bool BeforeAfter::same() const {
  return findings.empty() &&
         std::all_of(numbers.begin(), numbers.end(), [](const Compared& number) {
           return number.change == Change::kSame || number.change == Change::kUnknown;
         });
}

bool BeforeAfter::regressed() const {
  const auto is_worse = [](const auto& held) { return held.change == Change::kWorse; };
  return std::any_of(numbers.begin(), numbers.end(), is_worse) ||
         std::any_of(findings.begin(), findings.end(), is_worse);
}

std::string_view change_name(Change change) {
  switch (change) {
    case Change::kWorse:
      return "worse";
    case Change::kBetter:
      return "better";
    case Change::kDifferent:
      return "different";
    case Change::kSame:
      return "same";
    case Change::kUnknown:
      return "unknown";
  }
  return "unknown";
}

}  // namespace culprit
