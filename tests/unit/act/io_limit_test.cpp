// SPDX-License-Identifier: Apache-2.0
#include "act/io_limit.h"

#include "act/cgroup_actuator.h"
#include "catch.h"
#include "unit/collect/fixture.h"

using namespace culprit;

TEST_CASE("A disk's line of io.max is found, or is that without limits", "[act]") {
  const char* const text = "8:0 rbps=max wbps=1048576 riops=max wiops=120\n254:0 rbps=2 wbps=max\n";
  CHECK(io_max_line(text, "8:0") == "8:0 rbps=max wbps=1048576 riops=max wiops=120");
  CHECK(io_max_line(text, "254:0") == "254:0 rbps=2 wbps=max");
  CHECK(io_max_line(text, "54:0") == "54:0 rbps=max wbps=max riops=max wiops=max");
  CHECK(io_max_line("", "8:0") == "8:0 rbps=max wbps=max riops=max wiops=max");
}

TEST_CASE("A limit of bytes makes nobody faster, and leaves operations alone", "[act]") {
  CHECK(with_bytes_limit("8:0 rbps=max wbps=1000 riops=max wiops=120", 4096) ==
        "8:0 rbps=4096 wbps=1000 riops=max wiops=120");
  CHECK(with_bytes_limit("8:0", 4096) == "8:0");
  CHECK(with_bytes_limit("8:0 what rbps=", 4096) == "8:0 what rbps=4096");
}

TEST_CASE("Every disk is limited by a change of its own", "[act]") {
  Fixture files;
  files.write("cg/a/io.max", "8:0 rbps=max wbps=1048576 riops=max wiops=max\n");
  files.write("sys/block/sda/dev", "8:0\n");
  files.write("sys/block/vda/dev", "254:0\n");
  files.write("sys/block/loop0/dev", "7:0\n");
  Home home;
  home.directory = (files.root() / "cg/a").string();
  KnobHost host;
  host.root = files.root();
  const auto plan = plan_io_max(home, *parse_io_max("10M"), host);
  REQUIRE(plan);
  REQUIRE(plan->changes.size() == 2);
  CHECK(plan->changes[0].place.file == "io.max 254:0");
  CHECK(plan->changes[0].intended == "254:0 rbps=10485760 wbps=10485760 riops=max wiops=max");
  CHECK(plan->changes[1].intended == "8:0 rbps=10485760 wbps=1048576 riops=max wiops=max");
  CgroupFileActuator actuator;
  REQUIRE(actuator.write(plan->changes[1].place, plan->changes[1].intended));
  CHECK(actuator.read(plan->changes[1].place).value() == plan->changes[1].intended);
  CHECK_FALSE(parse_io_max("1K"));
  CHECK_FALSE(parse_io_max("10M/m"));
  CHECK(parse_io_max("10M/s")->number == 10 << 20);
}
