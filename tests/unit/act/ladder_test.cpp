// SPDX-License-Identifier: Apache-2.0
#include "act/ladder.h"

#include "catch.h"

using namespace culprit;

TEST_CASE("the CPU's ladder goes from weights to quotas, and not below its floor", "[act]") {
  SuspectTrack suspect;
  suspect.intervals = {{1, {1.8, 0}}, {2, {1.8, 0}}, {3, {1.8, 0}}};
  Incrimination evidence;
  evidence.use = 1.8;
  evidence.blamed_ratio = 0.5;
  CHECK(knob_step(0, evidence, suspect, 2)->number == 10);
  CHECK(knob_step(1, evidence, suspect, 2)->number == 1);
  // min(0.7 × 1.8, 1.8 − 1.25 × 0.5)
  CHECK(knob_step(2, evidence, suspect, 2)->cpus == Approx(1.175));
  CHECK(knob_step(3, evidence, suspect, 2)->cpus == Approx(0.8225));
  CHECK_FALSE(knob_step(12, evidence, suspect, 2));
  evidence.blamed_ratio = 1.8;
  CHECK(knob_step(2, evidence, suspect, 2)->cpus == Approx(0.18));
}

TEST_CASE("the disk's ladder goes from weight or class to bytes a second", "[act]") {
  SuspectTrack suspect;
  suspect.intervals = {{1, {0.1, 30e6}}, {2, {0.1, 30e6}}};
  Incrimination evidence;
  evidence.resource = Resource::kDisk;
  evidence.use = 30e6;
  CHECK(setting_text(*knob_step(0, evidence, suspect, 2)) == "idle/7");
  suspect.unit = "backup.service";
  CHECK(knob_step(0, evidence, suspect, 2)->knob == Knob::kIoWeight);
  CHECK(knob_step(1, evidence, suspect, 2)->knob == Knob::kIoMax);
  CHECK(knob_step(1, evidence, suspect, 2)->number == 20 << 20);
  CHECK(knob_step(2, evidence, suspect, 2)->number == 14 << 20);
  // A tenth of what it usually moves.
  CHECK(knob_step(6, evidence, suspect, 2));
  CHECK_FALSE(knob_step(7, evidence, suspect, 2));
  evidence.use = 500e3;
  CHECK(knob_step(1, evidence, suspect, 2)->number == 3 << 20);
}

TEST_CASE("after a weight in vain comes another knob, after a limit a lower one", "[act]") {
  CHECK(step_after_vain(Resource::kCpu, 0) == 2);
  CHECK(step_after_vain(Resource::kCpu, 1) == 2);
  CHECK(step_after_vain(Resource::kCpu, 3) == 4);
  CHECK(step_after_vain(Resource::kDisk, 0) == 1);
  CHECK(step_after_vain(Resource::kDisk, 1) == 2);
}
