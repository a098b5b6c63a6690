// SPDX-License-Identifier: Apache-2.0
// Prints documents of hosts on which all, little and nothing is known, for validators.
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "act/guards.h"
#include "act/lease_action.h"
#include "serve/json.h"
#include "serve/json_action.h"
#include "serve/json_comparison.h"
#include "serve/json_history.h"
#include "serve/json_trends.h"
#include "serve/json_why.h"
#include "serve/openmetrics.h"
#include "unit/serve/busy_snapshot.h"

namespace {

/// A lease of which all is known, one that has just begun, and a proposal.
std::vector<culprit::Action> sample_actions() {
  culprit::Lease lease;
  lease.id = "r01234567";
  lease.target = {"process", "\xff\"\\\n\x01", 12, 34};
  lease.by = "person";
  lease.knob = "cpu quota";
  culprit::Lease ended = lease;
  ended.verdict = "helped";
  ended.verdict_because = "p95 50 ms before, 10 ms after";
  ended.victim = "web (7)";
  ended.old_text = "cpu.max max 100000";
  ended.closed_because = "its time was over";
  ended.expected = {"web: p95 from 50 to 20 ms", 0.4};
  ended.measured = culprit::MeasuredImpact{0.05, 0.01, 10, 10, 0.001};
  ended.guards = culprit::guard_names();
  ended.overridden = {"it is young (young)"};
  ended.changes.resize(30);
  ended.changes[0].applied = "1";
  ended.changes[0].undone = culprit::Undone{culprit::UndoOutcome::kForeign, "7"};
  culprit::Action proposal = culprit::action_of(lease);
  proposal.state = "proposed";
  proposal.mode = "dry-run";
  proposal.applied_wall_ns.reset();
  proposal.deadline_wall_ns.reset();
  return {culprit::action_of(lease), culprit::action_of(ended), proposal};
}

culprit::Snapshot odd_snapshot() {
  culprit::Snapshot snapshot = culprit::busy_snapshot(2);
  snapshot.system.io_pressure.reset();
  snapshot.processes[0].name = "\xff\"\\\n\x01";
  snapshot.processes[0].exited = culprit::Exited{{}, 9};
  snapshot.processes[0].oom_killed = culprit::OomKilled{"/a", {}};
  snapshot.processes[1] = {};
  snapshot.processes[1].id.pid = 2;
  snapshot.units.push_back({});
  snapshot.databases.push_back({});
  snapshot.queries.push_back({});
  snapshot.queries[1].text = std::string(119, '\'') + "\xc3\xa9\n\xff";
  snapshot.queries[1].callers.push_back({});
  snapshot.endpoints.push_back({});
  snapshot.services.push_back({});
  snapshot.tasks[1].name = "\xff\"\\\n\x01";
  snapshot.tasks[1].source->line = 0;
  snapshot.tasks[2] = {};
  snapshot.tasks[2].id = "0123456789abcdef";
  snapshot.databases[0].cache = culprit::CacheTotals{};
  snapshot.lookups.resize(2);
  snapshot.lookups[1].latency = culprit::Latency{1, 1, 1, 1, 1, 1};
  snapshot.lookups[1].names = {{"\xff", 1, 1, 0.5}};
  snapshot.start_groups.resize(1);
  snapshot.start_groups[0].members = {{"i", "\xff", {}}};
  snapshot.system.ports = {{"127.0.0.1", "127.0.0.1:80", 3, 2, 28232}};
  snapshot.system.allowances = {{"eth0", "pps_allowance_exceeded", 7}};
  snapshot.databases[0].pools.push_back({});
  culprit::Judgement& judgement = snapshot.judgement.emplace();
  judgement.findings.push_back({"a.b",
                                culprit::Severity::kWarning,
                                "a",
                                {},
                                {{}},
                                "\xff",
                                0,
                                0.5,
                                {{"m", 1, 2, ""}, {"m", 1, {}, "bytes"}},
                                {"c.d"}});
  judgement.recommendations.resize(2);
  judgement.recommendations[1].action = sample_actions().back();
  snapshot.actions = sample_actions();
  judgement.score = {95, {{"a.b", 5, "warning"}}};
  return snapshot;
}

/// A time of which all is known, one of which nothing is, and a moment.
void print_history() {
  culprit::HistoryTick tick;
  tick.start_ns = 1'700'000'000'000'000'000;
  tick.end_ns = tick.start_ns + 1'000'000'000;
  tick.seconds = 1;
  for (std::size_t place = 0; place < culprit::kHistoryKinds; place++) {
    const auto kind = static_cast<culprit::HistoryKind>(place);
    culprit::HistoryRow row;
    row.seconds = 1;
    row.values.assign(culprit::history_metrics(kind).size(), 0.5);
    row.values[0].reset();
    if (culprit::history_has_latency(kind)) row.latency = culprit::Latency{1, 1, 1, 1, 1, 1};
    if (place > 0) tick.table(kind).rest = row;
    culprit::HistoryName name{kind, {"\xff\"\\\n\x01"}};
    if (place > 0) row.name = std::make_shared<const culprit::HistoryName>(std::move(name));
    tick.table(kind).rows.push_back(row);
  }
  const culprit::HistoryFinding finding{"a.b",
                                        "cpu",
                                        "\xff",
                                        culprit::Severity::kWarning,
                                        culprit::TargetKind::kUnit,
                                        "u",
                                        "k",
                                        0.5,
                                        tick.start_ns,
                                        tick.end_ns};
  culprit::HistoryRange range;
  range.host = "{\"hostname\":\"h\"}";
  range.span = {tick.start_ns, tick.end_ns};
  range.step_ns = 1'000'000'000;
  range.steps = {{range.span, tick}, {range.span, {}}};
  range.whole = tick;
  range.findings = {finding};
  range.gaps.resize(1);
  range.actions.resize(1);
  culprit::HistoryMoment moment{range.host, tick.start_ns, tick, {finding}, range.actions};
  std::cout << culprit::history_json(range) << '\n'
            << culprit::history_json(culprit::HistoryRange()) << '\n'
            << culprit::history_json(moment) << '\n'
            << culprit::history_json(culprit::HistoryMoment()) << '\n';
}

/// A trend of which all is known, and one of which nothing is.
void print_trends() {
  culprit::HistoryTrends trends;
  trends.host = "{}";
  trends.trends.resize(2);
  culprit::Trend& trend = trends.trends[0].trend;
  trend.direction = culprit::TrendDirection::kDegrading;
  trend.shifts = {{1, 0, 2, {{"process", "\xff", "began"}}}};
  trend.pattern.emplace();
  trend.forecast.emplace();
  trend.limit.emplace();
  trend.limit->latest_ns = 5;
  std::cout << culprit::trends_json(trends) << '\n'
            << culprit::trends_json(culprit::HistoryTrends()) << '\n';
}

/// Each process and each unit explained.
void print_why(const culprit::Snapshot& snapshot) {
  for (const culprit::ProcessRow& process : snapshot.processes)
    std::cout << culprit::why_json(snapshot, {nullptr, {&process}, ""}) << '\n';
  std::vector<const culprit::ProcessRow*> all;
  for (const culprit::ProcessRow& process : snapshot.processes) all.push_back(&process);
  for (const culprit::UnitRow& unit : snapshot.units)
    std::cout << culprit::why_json(snapshot, {&unit, all, ""}) << '\n';
}

/// One of each kind of row.
void print_comparison() {
  using culprit::Change;
  culprit::BeforeAfter held;
  held.after.score = 85;
  held.numbers = {
      {culprit::TargetKind::kTask, "\xff", "cpu_cores", "cpus", 0, 1, 0.001, Change::kWorse},
      {culprit::TargetKind::kQuery, "a", "per_second", "", 1, 1, {}, Change::kUnknown}};
  held.findings = {{"a.b",
                    culprit::TargetKind::kHost,
                    "h",
                    "s",
                    {},
                    culprit::Severity::kWarning,
                    Change::kWorse}};
  std::cout << culprit::comparison_json(held) << '\n' << culprit::comparison_json({}) << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view kind = argc == 2 ? argv[1] : "";
  if (kind == "recommendations") {
    std::cout << culprit::finding_json(odd_snapshot(), "a.b") << '\n'
              << culprit::recommendations_json(odd_snapshot()) << '\n'
              << culprit::recommendations_json({}) << '\n';
    return 0;
  }
  if (kind == "comparison") return print_comparison(), 0;
  if (kind == "history") return print_history(), 0;
  if (kind == "trends") return print_trends(), 0;
  if (kind == "actions") {
    std::cout << culprit::actions_json(sample_actions()) << '\n';
    return 0;
  }
  for (const culprit::Snapshot& snapshot :
       {culprit::busy_snapshot(3), odd_snapshot(), culprit::Snapshot{}})
    if (kind == "openmetrics")
      std::cout << culprit::openmetrics_text(snapshot);
    else if (kind == "why")
      print_why(snapshot);
    else
      std::cout << culprit::json_text(snapshot) << '\n';
}
