// SPDX-License-Identifier: Apache-2.0
#include "act/verdict.h"

#include "catch.h"

using namespace culprit;

namespace {

VictimMeasured measured(std::vector<double> p95, double rate = 100, double errors = 0) {
  return {std::move(p95), rate, errors};
}

const std::vector<double> kSlow = {50, 52, 48, 51, 49, 50, 53, 47};
const std::vector<double> kFast = {10, 12, 11, 10, 9, 11, 10, 12};

}  // namespace

TEST_CASE("an outcome is told by ranks and by size", "[act]") {
  CHECK(judge_outcome(measured(kSlow), measured(kFast)).effect == Effect::kHelped);
  CHECK(judge_outcome(measured(kFast), measured(kSlow)).effect == Effect::kWorse);
  CHECK(judge_outcome(measured(kSlow), measured(kSlow)).effect == Effect::kNoEffect);
  // Certain, but too small.
  CHECK(judge_outcome(measured(kSlow), measured({46, 47, 46, 47, 46, 47, 46, 47})).effect ==
        Effect::kNoEffect);
  // Large, but lost in what comes and goes.
  CHECK(
      judge_outcome(measured({10, 90, 20, 80, 50, 60}), measured({5, 95, 15, 85, 40, 50})).effect ==
      Effect::kNoEffect);
  // Large, of too few to be more than chance: a longer look can tell.
  CHECK(judge_outcome(measured({25, 27, 26, 6, 5}), measured({6, 5, 7, 6, 5})).effect ==
        Effect::kInconclusive);
}

TEST_CASE("an outcome is inconclusive when other things changed, too", "[act]") {
  CHECK(judge_outcome(measured(kSlow), measured({10, 11, 10})).effect == Effect::kInconclusive);
  CHECK(judge_outcome(measured({}), measured(kFast)).effect == Effect::kInconclusive);
  CHECK(judge_outcome(measured(kSlow), measured(kFast, 50)).effect == Effect::kInconclusive);
  CHECK(judge_outcome(measured(kSlow), measured(kFast, 100, 0.1)).effect == Effect::kInconclusive);
  CHECK(judge_outcome(measured(kSlow), measured(kFast, 300)).effect == Effect::kHelped);
}

TEST_CASE("a mechanism works when half of the blame is gone", "[act]") {
  CHECK(mechanism_works(0.5, 0.25));
  CHECK_FALSE(mechanism_works(0.5, 0.3));
}
