// SPDX-License-Identifier: Apache-2.0
#include "act/freezer.h"

#include "act/cgroup_home.h"
#include "act/undo.h"
#include "catch.h"
#include "unit/collect/fixture.h"

using namespace culprit;

namespace {

struct FrozenPlace {
  FrozenPlace(const std::string& file, const std::string& thawed) {
    files.write("a/" + file, thawed);
    place = cgroup_file((files.root() / "a").string(), "freezer");
    place.kind = PlaceKind::kFreezer;
  }
  Fixture files;
  Place place;
  FreezerActuator actuator;
};

}  // namespace

TEST_CASE("A cgroup of version 2 is frozen and thawed", "[act]") {
  FrozenPlace one("cgroup.freeze", "0\n");
  CHECK(one.actuator.read(one.place).value() == kThawed);
  REQUIRE(one.actuator.write(one.place, kFrozen));
  CHECK(slurp(one.files.root() / "a/cgroup.freeze") == "1");
  const ValueChange change{one.place, kThawed, kFrozen, kFrozen, false, {}};
  CHECK(undo(one.actuator, change).outcome == UndoOutcome::kRestored);
  CHECK(slurp(one.files.root() / "a/cgroup.freeze") == "0");
}

TEST_CASE("A cgroup of version 1 that is still being frozen is thawed, too", "[act]") {
  FrozenPlace one("freezer.state", "THAWED\n");
  REQUIRE(one.actuator.write(one.place, kFrozen));
  CHECK(slurp(one.files.root() / "a/freezer.state") == "FROZEN");
  one.files.write("a/freezer.state", "FREEZING\n");
  const ValueChange change{one.place, kThawed, kFrozen, kFrozen, false, {}};
  CHECK(undo(one.actuator, change).outcome == UndoOutcome::kRestored);
  CHECK(slurp(one.files.root() / "a/freezer.state") == "THAWED");
}

TEST_CASE("Nothing is frozen for longer than five seconds", "[act]") {
  CHECK(parse_freeze("5s")->number == 5'000'000'000);
  CHECK(parse_freeze("500ms")->number == 500'000'000);
  for (const char* text : {"", "0", "5001ms", "6", "1m", "-1s", "x"})
    CHECK_FALSE(parse_freeze(text));
}
