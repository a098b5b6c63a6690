// SPDX-License-Identifier: Apache-2.0
#include "act/unit_actuator.h"

#include "act/undo.h"
#include "act/unit_plan.h"
#include "catch.h"
#include "collect/cgroup_tree.h"
#include "unit/act/fake_systemd.h"

using namespace culprit;

namespace {

constexpr char kDropIn[] = "run/systemd/system.control/batch.service.d/50-CPUWeight.conf";

/// A host of cgroup version 2 whose systemd has one unit.
struct UnitScene {
  UnitScene() {
    files.write("proc/self/mountinfo", "30 23 0:28 / /cg rw - cgroup2 cgroup2 rw\n");
    files.write("cg/cgroup.controllers", "cpu\n");
    files.write("cg" + group + "/cgroup.procs", "10\n");
    files.write("cg" + group + "/cpu.weight", "100\n");
    files.write("cg" + group + "/cpu.max", "max 100000\n");
    mounts = find_cgroup_mounts(files.root());
    home = {&mounts.mounts.front(), group, (files.root() / "cg").string() + group, true, false};
  }
  std::optional<ThrottlePlan> plan(const Setting& setting) {
    KnobHost host;
    host.units = units();
    return plan_unit(home, setting, host);
  }
  UnitHost units() const { return {systemd.socket(), files.root()}; }
  std::string value(const std::string& file) const {
    return slurp(files.root() / ("cg" + group) / file);
  }
  bool has_drop_in() const { return std::filesystem::exists(files.root() / kDropIn); }

  std::string group = "/system.slice/batch.service";
  Fixture files;
  CgroupMounts mounts;
  Home home;
  FakeSystemd systemd{files};
};

/// As the ledger does it.
ValueChange make(UnitActuator& actuator, const PlannedChange& planned) {
  ValueChange change{
      planned.place, actuator.read(planned.place).value(), planned.intended, {}, false, {}};
  REQUIRE(actuator.write(planned.place, planned.intended));
  change.applied = actuator.read(planned.place).value();
  return change;
}

Setting weight(std::int64_t number) {
  Setting setting{Knob::kCpuWeight};
  setting.number = number;
  return setting;
}

}  // namespace

TEST_CASE("A unit is asked of systemd, one property at a time, until the next start", "[act]") {
  UnitScene scene;
  const auto plan = scene.plan(weight(10));
  REQUIRE(plan);
  REQUIRE(plan->changes.size() == 1);
  CHECK(plan->old_text == "CPUWeight infinity, no drop-in");
  CHECK(plan->new_text == "CPUWeight 10 of batch.service");
  CHECK(place_text(plan->changes[0].place) == "CPUWeight of batch.service");
  UnitActuator actuator(scene.units());
  const ValueChange change = make(actuator, plan->changes[0]);
  CHECK(change.applied == "10, drop-in");
  CHECK(scene.value("cpu.weight") == "10\n");
  CHECK(scene.systemd.sets == 1);
  CHECK(scene.systemd.runtime_only);
  SECTION("it is set to what it was, and the drop-in that was not there is removed") {
    CHECK(undo(actuator, change).outcome == UndoOutcome::kRestored);
    CHECK(scene.value("cpu.weight") == "100\n");
    CHECK_FALSE(scene.has_drop_in());
    CHECK_FALSE(std::filesystem::exists((scene.files.root() / kDropIn).parent_path()));
    CHECK(undo(actuator, change).outcome == UndoOutcome::kAlready);
  }
  SECTION("what somebody else has set since then stays") {
    scene.systemd.properties["CPUWeight"] = 50;
    CHECK(undo(actuator, change).outcome == UndoOutcome::kForeign);
    CHECK(scene.has_drop_in());
    CHECK(scene.systemd.sets == 1);
  }
  SECTION("a unit that was stopped and forgotten is taken back all the same") {
    scene.files.remove("cg" + scene.group);
    CHECK(undo(actuator, change).outcome == UndoOutcome::kRestored);
    CHECK_FALSE(scene.has_drop_in());
  }
  SECTION("a unit that is no more is left alone") {
    scene.systemd.has_unit = false;
    scene.files.remove(kDropIn);
    CHECK(undo(actuator, change).outcome == UndoOutcome::kGone);
  }
}

TEST_CASE("A drop-in that was there stays, with its value", "[act]") {
  UnitScene scene;
  scene.files.write(kDropIn, "[Service]\nCPUWeight=200\n");
  scene.systemd.properties["CPUWeight"] = 200;
  const auto plan = scene.plan(weight(10));
  REQUIRE(plan);
  UnitActuator actuator(scene.units());
  const ValueChange change = make(actuator, plan->changes[0]);
  CHECK(change.old_value == "200, drop-in");
  CHECK(undo(actuator, change).outcome == UndoOutcome::kRestored);
  CHECK(scene.has_drop_in());
  CHECK(scene.value("cpu.weight") == "200\n");
}

TEST_CASE("What systemd takes and the kernel does not show is an error", "[act]") {
  UnitScene scene;
  const auto plan = scene.plan(weight(10));
  REQUIRE(plan);
  UnitActuator actuator(scene.units());
  const Place& place = plan->changes[0].place;
  scene.systemd.writes_kernel = false;
  const Status written = actuator.write(place, "10, drop-in");
  REQUIRE_FALSE(written);
  CHECK(written.error().message.find("cpu.weight is '100'") != std::string::npos);
  scene.systemd.refuses = true;
  const Status refused = actuator.write(place, "10, drop-in");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("is masked") != std::string::npos);
}

TEST_CASE("A quota is a property of microseconds a second", "[act]") {
  UnitScene scene;
  const auto plan = scene.plan(*parse_cpu_quota("20%"));
  REQUIRE(plan);
  CHECK(plan->changes[0].place.file == "CPUQuotaPerSecUSec");
  CHECK(plan->changes[0].intended == "200000, drop-in");
  UnitActuator actuator(scene.units());
  const ValueChange change = make(actuator, plan->changes[0]);
  CHECK(scene.value("cpu.max") == "20000 100000\n");
  CHECK(undo(actuator, change).outcome == UndoOutcome::kRestored);
  CHECK(scene.value("cpu.max") == "max 100000\n");
}

TEST_CASE("What is no unit's own cgroup is not asked of systemd", "[act]") {
  UnitScene scene;
  SECTION("another cgroup of the unit's name") {
    scene.systemd.control_group = "/batch.service";
  }
  SECTION("no unit of that name") {
    scene.systemd.has_unit = false;
  }
  SECTION("a cgroup within a unit") {
    scene.home.path += "/worker";
  }
  SECTION("version 1") {
    scene.mounts.mounts.front().version = 1;
  }
  CHECK_FALSE(scene.plan(weight(10)));
  CHECK(scene.systemd.sets == 0);
}

TEST_CASE("Where there is no systemd a unit's cgroup is written itself", "[act]") {
  UnitScene scene;
  KnobHost host;
  CHECK_FALSE(plan_unit(scene.home, weight(10), host));
  host.units = UnitHost{(scene.files.root() / "nobody").string(), scene.files.root()};
  CHECK_FALSE(plan_unit(scene.home, weight(10), host));
}

TEST_CASE("The kernel's file is held against the property", "[act]") {
  constexpr std::uint64_t kUnset = UnitValue::kUnset;
  CHECK(shows("CPUWeight", 10, "10"));
  CHECK(shows("CPUWeight", kUnset, "100"));
  CHECK_FALSE(shows("CPUWeight", 10, "100"));
  CHECK(shows("IOWeight", 10, "default 10\n8:0 50"));
  CHECK_FALSE(shows("IOWeight", 10, "default 100"));
  CHECK(shows("CPUQuotaPerSecUSec", 200'000, "20000 100000"));
  CHECK(shows("CPUQuotaPerSecUSec", 333'333, "33333 100000"));
  CHECK_FALSE(shows("CPUQuotaPerSecUSec", 200'000, "max 100000"));
  CHECK_FALSE(shows("CPUQuotaPerSecUSec", 200'000, "30000 100000"));
  CHECK(shows("CPUQuotaPerSecUSec", kUnset, "max 100000"));
  CHECK_FALSE(shows("CPUQuotaPerSecUSec", 200'000, "20000 0"));
  CHECK(shows("MemoryHigh", kUnset, "max"));
  CHECK(shows("TasksMax", 100, "100"));
}

TEST_CASE("A property's value is text that can be written again", "[act]") {
  for (const char* text : {"10, drop-in", "10, no drop-in", "infinity, no drop-in"}) {
    const auto value = parse_unit_value(text);
    REQUIRE(value);
    CHECK(unit_value_text(*value) == text);
  }
  for (const char* text : {"", "10", ", drop-in", "-1, drop-in", "ten, no drop-in", "10, drop-out"})
    CHECK_FALSE(parse_unit_value(text));
}
