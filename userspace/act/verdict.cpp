// SPDX-License-Identifier: Apache-2.0
#include "act/verdict.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "act/track.h"
#include "analyze/compare_statistics.h"
#include "util/median.h"

namespace culprit {
namespace {

constexpr double kSignificant = 0.05;
constexpr double kLeastEffect = 0.10;
/// Relief lets more requests through; far fewer of them is another load.
constexpr double kLeastRate = 0.7;
constexpr double kMoreErrors = 0.02;

std::string change_text(double before, double after) {
  std::array<char, 120> text{};
  std::snprintf(text.data(), text.size(), "p95 %.1f ms before, %.1f ms after (%+.0f %%)",
                before * 1e3, after * 1e3, before > 0 ? (after / before - 1) * 100 : 0);
  return text.data();
}

}  // namespace

std::string_view effect_name(Effect effect) {
  switch (effect) {
    case Effect::kHelped:
      return "helped";
    case Effect::kNoEffect:
      return "no_effect";
    case Effect::kWorse:
      return "worse";
    case Effect::kInconclusive:
      return "inconclusive";
  }
  return "inconclusive";
}

bool mechanism_works(double blame_before, double blame_after) {
  return blame_after <= blame_before * 0.5;
}

ActionVerdict judge_outcome(const VictimMeasured& before, const VictimMeasured& after) {
  if (before.p95_seconds.size() < kLeastMeasured || after.p95_seconds.size() < kLeastMeasured)
    return {Effect::kInconclusive, "too few seconds were measured"};
  const double was = median(before.p95_seconds), is = median(after.p95_seconds);
  const std::string change = change_text(was, is);
  const double by_chance = rank_test(before.p95_seconds, after.p95_seconds);
  const MeasuredImpact measured{was, is, before.p95_seconds.size(), after.p95_seconds.size(),
                                by_chance};
  if (after.requests_per_second < kLeastRate * before.requests_per_second)
    return {Effect::kInconclusive, change + ", but the load fell, too", measured};
  if (after.error_ratio > before.error_ratio + kMoreErrors)
    return {Effect::kInconclusive, change + ", but more requests failed", measured};
  const double least = std::max(kLeastEffect * was, 2 * median_deviation(after.p95_seconds));
  if (std::abs(was - is) < least) return {Effect::kNoEffect, change, measured};
  if (by_chance >= kSignificant)
    return {Effect::kInconclusive, change + ", but that may be chance", measured};
  return {is < was ? Effect::kHelped : Effect::kWorse, change, measured};
}

}  // namespace culprit
