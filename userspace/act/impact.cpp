// SPDX-License-Identifier: Apache-2.0
#include "act/impact.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace culprit {

ExpectedImpact expected_impact(const std::string& victim, const Suffering& suffering,
                               const Incrimination& evidence) {
  const double now = suffering.p95_seconds;
  const double usual = suffering.threshold_seconds / kSlowFactor;
  if (!(now > usual) || usual <= 0) return {};
  const double then = now - std::clamp(evidence.blame_share, 0.0, 1.0) * (now - usual);
  std::array<char, 120> text{};
  std::snprintf(text.data(), text.size(), ": p95 from %.1f to %.1f ms (%+.0f %%)", now * 1e3,
                then * 1e3, (then / now - 1) * 100);
  return {victim + text.data(), then / now};
}

}  // namespace culprit
