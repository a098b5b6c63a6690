// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/action.h"

namespace culprit {

enum class Effect { kHelped, kNoEffect, kWorse, kInconclusive };

/// What measuring after an action showed.
struct ActionVerdict {
  Effect effect = Effect::kInconclusive;
  std::string because;
  std::optional<MeasuredImpact> measured = {};  ///< absent: too little was
};

/// Fewer measurements on a side tell nothing.
inline constexpr std::size_t kLeastMeasured = 5;
/// Those before an action are to be found within so long, however late readings come.
inline constexpr std::uint64_t kMeasuredWithinNs = 30'000'000'000;

/// Measurements of the victim, one for each interval, before or after the action.
struct VictimMeasured {
  std::vector<double> p95_seconds;
  double requests_per_second = 0;
  double error_ratio = 0;
};

/// "helped", "no_effect", "worse" or "inconclusive".
std::string_view effect_name(Effect effect);

/// The suspect is blamed for half of what it was, or less: the knob works at all. Pure.
bool mechanism_works(double blame_before, double blame_after);

/// Rank test of both sides with an effect of at least max(10 %, 2 MAD); fewer than
/// kLeastMeasured on a side, fewer requests or more errors than before are inconclusive. Pure.
ActionVerdict judge_outcome(const VictimMeasured& before, const VictimMeasured& after);

}  // namespace culprit
