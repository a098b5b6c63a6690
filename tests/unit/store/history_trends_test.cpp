// SPDX-License-Identifier: Apache-2.0
#include "store/history_trends.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "history_host.h"
#include "serve/json_trends.h"
#include "store/history.h"
#include "view/trend_report.h"

namespace culprit {
namespace {

constexpr std::int64_t kMinute = 60'000'000'000, kHour = 60 * kMinute, kDay = 24 * kHour;
constexpr std::int64_t kBegin = 19'700 * kDay;
constexpr std::int64_t kDeployed = kBegin + 2 * kDay + 7 * kHour + 20 * kMinute;

ProcessRow process(const char* name, double cpu_seconds) {
  ProcessRow row;
  row.id = {7, 7};
  row.name = name;
  row.usage.cpu_seconds = cpu_seconds;
  return row;
}

/// A minute of a host to which somebody deploys a batch job, and whose disk fills up.
Snapshot minute_at(std::int64_t start_ns) {
  Snapshot snapshot;
  snapshot.host.hostname = "web-1";
  snapshot.seconds = 60;
  snapshot.start_wall_ns = start_ns;
  snapshot.end_wall_ns = start_ns + kMinute;
  const bool deployed = start_ns >= kDeployed;
  const double day = static_cast<double>(start_ns - kBegin) / static_cast<double>(kDay);
  const double wobble = 0.01 * std::sin(day * 1000);
  snapshot.system.cpu = CpuUse{.utilization_ratio = (deployed ? 0.55 : 0.25) + wobble};
  snapshot.system.filesystems = {{"/data", 100ull << 30, 0.5 + 0.06 * day, {}}};
  snapshot.processes = {process("web", 12)};
  if (deployed) snapshot.processes.push_back(process("batch", 18));
  return snapshot;
}

const NamedTrend& named(const HistoryTrends& trends, std::string_view metric) {
  const auto found =
      std::find_if(trends.trends.begin(), trends.trends.end(),
                   [&](const NamedTrend& one) { return one.series.metric == metric; });
  REQUIRE(found != trends.trends.end());
  return *found;
}

TEST_CASE("history: trends of days tell what began, and when it ends", "[history][trend]") {
  const ScratchDirectory scratch;
  const std::string file = scratch.file("h");
  {
    const auto writer = HistoryWriter::open(file);
    REQUIRE(writer);
    for (std::int64_t minute = 0; minute < 4 * 1440; minute++) {
      (*writer)->write(minute_at(kBegin + minute * kMinute));
      if (minute % 60 == 0) REQUIRE((*writer)->flush());
    }
  }
  const auto reader = HistoryReader::open(file);
  REQUIRE(reader);
  const auto trends = read_trends(**reader, {kBegin, kBegin + 4 * kDay}, 0);
  REQUIRE(trends);
  CHECK(trends->watched_seconds == Approx(4 * 86'400).epsilon(0.001));

  const Trend& cpu = named(*trends, "cpu.utilization_ratio").trend;
  CHECK(cpu.direction == TrendDirection::kIncreasing);
  REQUIRE(cpu.shifts.size() == 1);
  CHECK(std::llabs(cpu.shifts[0].time_ns - kDeployed) <= 10 * kMinute);
  CHECK(cpu.shifts[0].before == Approx(0.25).margin(0.02));
  CHECK(cpu.shifts[0].after == Approx(0.55).margin(0.02));
  REQUIRE_FALSE(cpu.shifts[0].causes.empty());
  CHECK(cpu.shifts[0].causes[0].kind == "process");
  CHECK(cpu.shifts[0].causes[0].name == "batch");
  CHECK(cpu.shifts[0].causes[0].what == "had not been seen before");

  const Trend& disk = named(*trends, "filesystem.used_ratio /data").trend;
  CHECK(disk.direction == TrendDirection::kIncreasing);
  CHECK(disk.slope_per_day == Approx(0.06).epsilon(0.02));
  REQUIRE(disk.limit);
  const double days =
      static_cast<double>(disk.limit->reached_ns - kBegin) / static_cast<double>(kDay);
  CHECK(days == Approx(0.5 / 0.06).margin(0.2));

  const std::string text = trend_report(*trends, false);
  INFO(text);
  CHECK(text.find("increasing  filesystem.used_ratio /data: 73.9 %, was 50.1 % (+47 %)") !=
        std::string::npos);
  CHECK(text.find("then: process batch: had not been seen before") != std::string::npos);
  const auto json = nlohmann::json::parse(trends_json(*trends));
  for (const auto& one : json["trends"])
    if (one["metric"] == "cpu.utilization_ratio") {
      CHECK(one["direction"] == "increasing");
      CHECK(one["significant_changes"][0]["possible_causes"][0]["name"] == "batch");
    }
}

TEST_CASE("history: a time without any history has no trends", "[history][trend]") {
  const ScratchDirectory scratch;
  { REQUIRE(HistoryWriter::open(scratch.file("h"))); }
  const auto reader = HistoryReader::open(scratch.file("h"));
  REQUIRE(reader);
  const auto trends = read_trends(**reader, {kBegin, kBegin + kDay}, 0);
  REQUIRE(trends);
  CHECK(trends->trends.empty());
}

}  // namespace
}  // namespace culprit
