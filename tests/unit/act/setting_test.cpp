// SPDX-License-Identifier: Apache-2.0
#include "act/setting.h"

#include "catch.h"

using namespace culprit;

TEST_CASE("a share of CPUs is read as percent of one, or as CPUs", "[act]") {
  CHECK(parse_cpu_quota("20%")->cpus == Approx(0.2));
  CHECK(parse_cpu_quota("150%")->cpus == Approx(1.5));
  CHECK(parse_cpu_quota("1.5")->cpus == Approx(1.5));
  for (const char* text : {"", "%", "0", "0%", "0.5%", "-1", "20 %", "20%%", "nan", "1e3", "x"})
    CHECK_FALSE(parse_cpu_quota(text));
}

TEST_CASE("other settings have bounds", "[act]") {
  CHECK(parse_weight(Knob::kCpuWeight, "10")->number == 10);
  CHECK_FALSE(parse_weight(Knob::kCpuWeight, "0"));
  CHECK_FALSE(parse_weight(Knob::kCpuWeight, "10001"));
  CHECK(parse_nice("19")->number == 19);
  CHECK_FALSE(parse_nice("-5"));
  CHECK_FALSE(parse_nice("20"));
  CHECK(parse_policy("idle")->word == "idle");
  CHECK_FALSE(parse_policy("fifo"));
  CHECK(parse_io_class("idle")->word == "idle/7");
  CHECK(parse_io_class("best-effort/6")->word == "best-effort/6");
  CHECK_FALSE(parse_io_class("best-effort/8"));
  CHECK_FALSE(parse_io_class("realtime/0"));
  CHECK(parse_memory_high("2G")->number == 2ll << 30);
  CHECK(parse_memory_high("5000001")->number == 5000001 / 4096 * 4096);
  for (const char* text : {"", "G", "0", "-1G", "4096", "99999999999T", "2GB", "1.5G"})
    CHECK_FALSE(parse_memory_high(text));
  CHECK(parse_open_files("max")->number == 0);
  CHECK(parse_open_files("4096")->number == 4096);
  CHECK_FALSE(parse_open_files("0"));
}

TEST_CASE("a setting is told as a person wrote it", "[act]") {
  CHECK(setting_text(*parse_cpu_quota("0.2")) == "20 % of one CPU");
  CHECK(setting_text(*parse_memory_high("2G")) == "2G");
  CHECK(setting_text(*parse_weight(Knob::kCpuWeight, "10")) == "weight 10");
  CHECK(setting_text(*parse_open_files("max")) == "as many as may be");
}
