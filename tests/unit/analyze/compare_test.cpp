// SPDX-License-Identifier: Apache-2.0
#include "analyze/compare.h"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "compared_host.h"
#include "serve/json.h"

namespace culprit {
namespace {

constexpr std::uint32_t kRuns = 40;

std::string told(const BeforeAfter& comparison) {
  std::string text;
  for (const Compared& number : comparison.numbers)
    if (number.change < Change::kSame)
      text += std::string(change_name(number.change)) + " " + number.name + " " + number.metric +
              " " + std::to_string(number.before) + " " + std::to_string(number.after) + "\n";
  for (const FindingChange& change : comparison.findings) text += change.id + "\n";
  return text;
}

const Compared* find(const BeforeAfter& comparison, std::string_view name,
                     std::string_view metric) {
  for (const Compared& number : comparison.numbers)
    if (number.name.find(name) != std::string::npos && number.metric == metric) return &number;
  return nullptr;
}

/// In how many of kRuns a comparison of two hosts holds what is asked.
std::size_t runs_with(const HostTraits& before, const HostTraits& after,
                      const std::function<bool(const BeforeAfter&)>& holds) {
  std::size_t count = 0;
  for (std::uint32_t run = 0; run < kRuns; ++run) {
    ComparedHost host(1000 + run);
    const ObservedAnalysis first = host.observe(before), second = host.observe(after);
    const BeforeAfter comparison = compare(first, second);
    if (holds(comparison)) ++count;
    UNSCOPED_INFO("run " << run << "\n" << told(comparison));
  }
  return count;
}

Compared compared(const BeforeAfter& comparison, std::string_view name, std::string_view metric) {
  const Compared* number = find(comparison, name, metric);
  INFO(name << " " << metric << " in\n" << told(comparison));
  REQUIRE(number);
  return *number;
}

ObservedFinding finding(const std::string& id, std::vector<std::size_t> judgements,
                        Severity severity = Severity::kWarning) {
  return {id, "web", id + " of web", TargetKind::kProcess, severity, std::move(judgements)};
}

}  // namespace

TEST_CASE("the same workload twice: no difference in 19 of 20 runs", "[compare]") {
  CHECK(runs_with({}, {}, [](const BeforeAfter& held) { return held.same(); }) >= 38);
}

TEST_CASE("a latency that is 20 % longer is told in 19 of 20 runs, and it alone",
          "[compare][slow]") {
  const auto is_told = [](const BeforeAfter& held) {
    return std::any_of(held.numbers.begin(), held.numbers.end(), [](const Compared& number) {
      return number.change == Change::kWorse && number.name == "GET /orders" &&
             number.metric.starts_with("latency.");
    });
  };
  const auto others = [](const BeforeAfter& held) {
    return std::any_of(held.numbers.begin(), held.numbers.end(), [](const Compared& number) {
      return number.change < Change::kSame && number.name != "GET /orders";
    });
  };
  CHECK(runs_with({}, {.latency = 1.2}, is_told) >= 38);
  CHECK(runs_with({}, {.latency = 1.2}, others) <= 2);
}

TEST_CASE("single analyses: the same, and 20 % longer", "[compare]") {
  const HostTraits alone{.intervals = 1, .seconds = 20};
  HostTraits slower = alone;
  slower.latency = 1.2;
  CHECK(runs_with(alone, alone, [](const BeforeAfter& held) { return held.same(); }) >= 38);
  CHECK(runs_with(alone, slower, [](const BeforeAfter& held) {
          const Compared* number = find(held, "GET /orders", "latency.p50_seconds");
          return number && number->change == Change::kWorse;
        }) >= 38);
}

TEST_CASE("what became better, and what is neither good nor bad", "[compare]") {
  ComparedHost host(7);
  const BeforeAfter held =
      compare(host.observe({.calls_per_request = 20, .errors = 0.2}),
              host.observe({.cpu = 0.5, .calls_per_request = 2, .errors = 0.01}));
  CHECK(compared(held, "cleanup", "cpu_cores").change == Change::kBetter);
  CHECK(compared(held, "GET /users", "calls_per_request").change == Change::kBetter);
  CHECK(compared(held, "GET /users", "error_ratio").change == Change::kBetter);
  CHECK(compared(held, "GET /users", "error_ratio").before == Approx(0.2).margin(0.03));
  CHECK_FALSE(held.regressed());
  CHECK_FALSE(held.same());
}

TEST_CASE("what works now and then is compared by what it uses on the whole", "[compare]") {
  ObservedAnalysis before, after;
  for (auto* all : {&before, &after}) {
    ObservedThing& thing = all->things[{TargetKind::kTask, "t"}];
    thing.name = "every few seconds";
    for (std::size_t interval = 0; interval < 60; ++interval) {
      all->lengths.push_back(1);
      if (interval % 5 == 0)
        thing.values[Metric::kCpu][interval] = {all == &before ? 0.4 : 0.8, 0, 0};
    }
  }
  const BeforeAfter held = compare(before, after);
  CHECK(compared(held, "every", "cpu_cores").change == Change::kWorse);
  CHECK(compared(held, "every", "cpu_cores").before == Approx(0.08));
}

TEST_CASE("CPU of single analyses cannot be told from noise", "[compare]") {
  ComparedHost host(7);
  const HostTraits alone{.intervals = 1, .seconds = 20};
  HostTraits busier = alone;
  busier.cpu = 3;
  const BeforeAfter held = compare(host.observe(alone), host.observe(busier));
  CHECK(compared(held, "cleanup", "cpu_cores").change == Change::kUnknown);
  CHECK_FALSE(compared(held, "cleanup", "cpu_cores").probability);
}

TEST_CASE("a thing that is new has used nothing before", "[compare]") {
  ComparedHost host(7);
  ObservedAnalysis before = host.observe({});
  before.things.erase({TargetKind::kTask, "cleanup"});
  const BeforeAfter held = compare(before, host.observe({}));
  CHECK(compared(held, "cleanup", "cpu_cores").change == Change::kWorse);
  CHECK(compared(held, "cleanup", "cpu_cores").before == 0);
}

TEST_CASE("findings that came, went, flicker and got worse", "[compare]") {
  ObservedAnalysis before, after;
  before.judgements = after.judgements = 4;
  before.findings = {{"went", finding("went", {0, 1, 2, 3})},
                     {"stays", finding("stays", {2, 3})},
                     {"grows", finding("grows", {2, 3})},
                     {"flickers", finding("flickers", {0})}};
  after.findings = {{"came", finding("came", {2, 3})},
                    {"stays", finding("stays", {3})},
                    {"grows", finding("grows", {3}, Severity::kCritical)},
                    {"flickers", finding("flickers", {2, 3})},
                    {"early", finding("early", {0, 1})}};
  const BeforeAfter held = compare(before, after);
  REQUIRE(held.findings.size() == 3);
  CHECK(held.findings[0].id == "grows");
  CHECK(held.findings[0].after == Severity::kCritical);
  CHECK(held.findings[1].id == "came");
  CHECK_FALSE(held.findings[1].before);
  CHECK(held.findings[2].id == "went");
  CHECK(held.findings[2].change == Change::kBetter);
  CHECK(held.regressed());
}

TEST_CASE("a finding that is only information is neither good nor bad", "[compare]") {
  ObservedAnalysis before, after;
  before.judgements = after.judgements = 1;
  after.findings = {{"full", finding("full", {0}, Severity::kInfo)}};
  const BeforeAfter held = compare(before, after);
  REQUIRE(held.findings.size() == 1);
  CHECK(held.findings[0].change == Change::kDifferent);
  CHECK_FALSE(held.regressed());
  CHECK_FALSE(held.same());
}

TEST_CASE("nothing is compared with nothing", "[compare]") {
  CHECK(compare({}, {}).same());
}

namespace {

std::string refused(const char* text) {
  ObservedAnalysis all;
  const Status added = add_analysis(all, nlohmann::json::parse(text), "f.json");
  return added ? "" : added.error().message;
}

}  // namespace

TEST_CASE("a document that is none is refused in one line", "[compare]") {
  CHECK(refused("[]") == "f.json: /: the key schema is missing");
  CHECK(refused(R"({"schema": "culprit.snapshot/2"})") ==
        "f.json: /schema: \"culprit.snapshot/1\" was expected");
  CHECK(refused(R"({"schema": "culprit.snapshot/1"})") == "f.json: /: the object host is missing");
  Snapshot now;
  now.seconds = 1;
  nlohmann::json document = to_json(now);
  CHECK(refused(document.dump().c_str()).empty());
  document["queries"] = 3;
  CHECK(refused(document.dump().c_str()) == "f.json: /queries: an array was expected");
  document["queries"] = {{{"calls", "many"}}};
  CHECK(refused(document.dump().c_str()).find("f.json: /queries/0/calls: a number from") == 0);
  document.erase("queries");
  CHECK(refused(document.dump().c_str()) == "f.json: /: the key queries is missing");
  document["interval"]["seconds"] = 0;
  CHECK(refused(document.dump().c_str()) ==
        "f.json: /interval/seconds: a number above 0 was expected");
}

TEST_CASE("workers of one server are one thing, and its pids do not matter", "[compare]") {
  Snapshot now;
  now.seconds = 2;
  for (std::uint32_t pid : {10u, 20u}) {
    ProcessRow process;
    process.id = {pid, pid};
    process.name = "gunicorn";
    process.usage.cpu_seconds = 0.5;
    now.processes.push_back(process);
    EndpointRow endpoint;
    endpoint.process = {{pid, pid}, "gunicorn"};
    endpoint.method = "GET";
    endpoint.route = "/";
    endpoint.requests = pid;
    endpoint.latency = Latency{pid, 0.1, 0.1 * pid, 0.2 * pid, 0.3 * pid, 9};
    now.endpoints.push_back(endpoint);
  }
  ObservedAnalysis all;
  REQUIRE(add_analysis(all, nlohmann::json(to_json(now)), "f"));
  const auto& things = all.things;
  CHECK(things.at({TargetKind::kProcess, "gunicorn\n"}).values.at(Metric::kCpu).at(0).value == 0.5);
  const auto& endpoint = things.at({TargetKind::kEndpoint, "gunicorn\nGET /"});
  CHECK(endpoint.values.at(Metric::kRate).at(0).value == 15);
  CHECK(endpoint.values.at(Metric::kMedian).at(0).count == 30);
  CHECK(endpoint.values.at(Metric::kMedian).at(0).value == Approx((10 * 1.0 + 20 * 2.0) / 30));
}

}  // namespace culprit
