// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "analyze/floor_trend.h"
#include "analyze/gate.h"
#include "analyze/number_text.h"
#include "catch.h"
#include "serve/json.h"
#include "unit/analyze/judged.h"
#include "view/text_findings.h"

using namespace culprit;

namespace {

std::shared_ptr<const RuleSet> rules_of(const std::string& text) {
  const RuleFile file{"mine.json", text};
  auto set = RuleSet::compile(std::span(&file, 1));
  REQUIRE(set);
  return std::make_shared<const RuleSet>(std::move(*set));
}

constexpr char kRule[] = R"({"rules": [{
  "id": "disk.mine", "title": "Mine", "on": "filesystem", "for": "10s",
  "when": {"field": "used_ratio", "above": {"warning": 0.8, "critical": 0.9, "clear": 0.7}},
  "summary": "{{{mount}}} {used_ratio}"
}]})";

/// One interval of 5 s after the other.
struct Watch {
  Judge judge;
  Snapshot snapshot = healthy_snapshot();

  const Finding* tick(double used) {
    snapshot.seconds = 5;
    snapshot.start_wall_ns = snapshot.end_wall_ns;
    snapshot.end_wall_ns += 5'000'000'000;
    snapshot.system.filesystems[0].used_ratio = used;
    judge.judge(snapshot);
    return find(*snapshot.judgement, "disk.mine");
  }
};

/// As users write it (REQUIREMENTS E), with one number of ours.
constexpr char kThresholds[] = R"({
  "system_thresholds": {
    "cpu_usage_percent": {"warning": 50, "critical": 60, "action": "scale_up"},
    "disk_usage_percent": {"warning": 40, "critical": 95, "action": "cleanup_storage"}
  },
  "database_thresholds": {
    "cache_hit_ratio": {"warning": 0.9, "critical": 0.5, "action": "optimize_cache"}
  }
})";

}  // namespace

TEST_CASE("a finding comes when its condition held long enough, and goes by its clear threshold") {
  Watch watch{Judge(rules_of(kRule))};
  CHECK_FALSE(watch.tick(0.85));
  const std::int64_t begin = watch.snapshot.start_wall_ns;
  const Finding* finding = watch.tick(0.85);
  REQUIRE(finding);
  CHECK(finding->severity == Severity::kWarning);
  CHECK(finding->since_wall_ns == begin);
  CHECK(finding->summary == "{/} 85 %");
  CHECK(watch.tick(0.95)->severity == Severity::kCritical);
  // Below the threshold, not below the one that clears.
  REQUIRE(watch.tick(0.75));
  CHECK(watch.tick(0.75)->since_wall_ns == begin);
  CHECK_FALSE(watch.tick(0.65));
  CHECK_FALSE(watch.tick(0.65));
  CHECK_FALSE(watch.tick(0.75));
  CHECK_FALSE(watch.tick(0.85));
  CHECK(watch.tick(0.85));
}

TEST_CASE("what breaks off before it is a finding starts anew") {
  Watch watch{Judge(rules_of(kRule))};
  for (int round = 0; round < 5; ++round) {
    CHECK_FALSE(watch.tick(0.85));
    CHECK_FALSE(watch.tick(0.5));
  }
}

TEST_CASE("other rules take effect at the next snapshot; what stays is remembered") {
  Watch watch{Judge(rules_of(kRule))};
  watch.tick(0.85);
  const auto since = watch.tick(0.85)->since_wall_ns;
  watch.judge.use(rules_of(kRule));
  REQUIRE(watch.tick(0.85));
  CHECK(find(*watch.snapshot.judgement, "disk.mine")->since_wall_ns == since);
  watch.judge.use(shipped_rules());
  CHECK_FALSE(watch.tick(0.85));
}

TEST_CASE("rules are read again; what does not compile changes nothing") {
  namespace fs = std::filesystem;
  const fs::path directory = fs::temp_directory_path() / "culprit-rules-test";
  fs::remove_all(directory);
  RuleSource source(directory);
  REQUIRE(source.reload());
  const std::size_t shipped = source.rules()->rules().size();
  fs::create_directory(directory);
  std::ofstream(directory / "10-mine.json") << kRule;
  REQUIRE(source.reload());
  CHECK(source.rules()->rules().size() == shipped + 1);
  const auto good = source.rules();
  std::ofstream(directory / "20-bad.json") << "{\"rules\": [{}]}";
  const Status bad = source.reload();
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message ==
        (directory / "20-bad.json").string() + ": /rules/0: the key id is missing");
  CHECK(source.rules() == good);
  fs::remove_all(directory);
}

TEST_CASE("thresholds in the users' form load as they are and set the findings'") {
  std::vector<RuleFile> files = shipped_rule_files();
  files.push_back({"thresholds.json", kThresholds});
  auto set = RuleSet::compile(files);
  REQUIRE(set);
  Judge judge(std::make_shared<const RuleSet>(std::move(*set)));
  Snapshot snapshot = healthy_snapshot();
  snapshot.databases[0].cache = CacheTotals{850, 150};
  judge.judge(snapshot);
  CHECK(ids_of(*snapshot.judgement) ==
        std::vector<std::string>{"cache.low_hit_ratio", "disk.filling"});
  const auto error = [](std::string text) {
    return compile_rule_file({"t.json", std::move(text)}).error().message;
  };
  CHECK(error(R"({"system_thresholds": {"moon": {"warning": 1, "critical": 2}}})") ==
        "t.json: /system_thresholds/moon: unknown metric; known are cpu_usage_percent, "
        "memory_usage_percent, disk_usage_percent");
  CHECK(error(R"({"system_thresholds": {"cpu_usage_percent": {"warning": 2, "critical": 1}}})") ==
        "t.json: /system_thresholds/cpu_usage_percent/critical: a number not below warning was "
        "expected");
}

TEST_CASE("the gate: a document against thresholds, in one line") {
  const auto limits = compile_rule_file(shipped_thresholds())->thresholds;
  REQUIRE(limits.size() == threshold_metrics().size());
  Snapshot snapshot = healthy_snapshot();
  const auto verdict = [&] { return gate_verdict(measure(to_json(snapshot), limits)); };
  const auto failed = [&] { return fails(measure(to_json(snapshot), limits)); };
  CHECK(verdict() == "PASS: 8 of 9 thresholds measured, none crossed");
  CHECK_FALSE(failed());
  snapshot.system.cpu->utilization_ratio = 0.75;
  CHECK(verdict() ==
        "PASS: 8 of 9 thresholds measured, none critical; warning: "
        "cpu_usage_percent 75 is 70 or more: scale_up");
  CHECK_FALSE(failed());
  snapshot.system.cpu->utilization_ratio = 0.9;
  snapshot.databases[0].cache = CacheTotals{60, 60};
  CHECK(verdict() ==
        "FAIL: cpu_usage_percent 90 is 90 or more: scale_up; cache_hit_ratio 0.5 is "
        "0.5 or less: optimize_cache");
  CHECK(failed());
  for (const char* text : {"null", "[]", "{}", R"({"system": []})", R"({"databases": [[], 1]})",
                           R"({"queries": [{"latency": 3}], "interval": {"seconds": 10}})"})
    CHECK_NOTHROW(measure(nlohmann::json::parse(text), limits));
  CHECK(fails(measure(nlohmann::json::object(), limits)));
}

TEST_CASE("the answer comes first, and fits a terminal") {
  Snapshot snapshot = healthy_snapshot();
  snapshot.system.filesystems[0].used_ratio = 0.97;
  snapshot.judgement = judged(snapshot);
  std::string out;
  write_findings(out, snapshot);
  CHECK(out ==
        "Verdict  score 85: 1 critical\n"
        "  critical  / is 97 % full, 3 GiB are left\n"
        "            disk.filling, since 2023-11-14T22:13:20.000Z\n"
        "\nWhat to do\n"
        "  1. / is 97 % full, 3 GiB are left [critical priority, low effort]\n"
        "     - Look for files that are deleted and still open: lsof +L1 /\n"
        "\n");
  CHECK(verdict_line(judged(healthy_snapshot())) == "score 100: nothing is wrong");
}

TEST_CASE("a trend of floors: bounded, deaf to time that runs backwards") {
  FloorTrend trend(2400);
  for (int second = 0; second < 100'000; second += 10) trend.note(second, second * 2.0);
  REQUIRE(trend.per_hour());
  CHECK(*trend.per_hour() == Approx(7200));
  trend.note(5, 1e9);
  CHECK(*trend.per_hour() == Approx(7200));
  CHECK_FALSE(FloorTrend(60).per_hour());
}

TEST_CASE("a trend of floors: what rests for a third of the time, or falls back, does not rise") {
  const auto after = [](auto&& value) {
    FloorTrend trend(2400);
    for (int second = 0; second < 4800; second += 10) trend.note(second, value(second));
    return trend.per_hour();
  };
  CHECK(after([](int second) { return second * 2.0; }));
  CHECK(after([](int second) { return second / 300 * 600.0; }));  // in steps
  CHECK_FALSE(after([](int second) { return std::min(second, 3500) * 2.0; }));
  CHECK_FALSE(after([](int second) { return std::max(second, 3800) * 2.0; }));
  CHECK_FALSE(after([](int second) { return second % 1500 * 2.0; }));
}

TEST_CASE("numbers as a sentence says them") {
  CHECK(number_text(0.82, Unit::kRatio) == "82 %");
  CHECK(number_text(0, Unit::kSeconds) == "0 s");
  CHECK(number_text(0.34, Unit::kLatency) == "340 ms");
  CHECK(number_text(0.0000021, Unit::kLatency) == "2.1 µs");
  CHECK(number_text(90000, Unit::kSeconds) == "25 h");
  CHECK(number_text(1.5 * 1073741824, Unit::kBytes) == "1.5 GiB");
  CHECK(number_text(12345, Unit::kCount) == "12.3 k");
  CHECK(number_text(1, Unit::kCores) == "1 CPU");
}
