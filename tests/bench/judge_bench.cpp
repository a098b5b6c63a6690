// SPDX-License-Identifier: Apache-2.0
// What it costs to say what is wrong with a large host: 5,000 processes, of which a tenth are large
// and answer requests and wait for others; 500 queries, 500 endpoints and 200 tasks.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "analyze/judge.h"
#include "serve/json.h"
#include "unit/store/history_host.h"

namespace culprit {
namespace {

constexpr std::uint32_t kProcesses = 5000, kQueries = 500, kTasks = 200;
constexpr std::int64_t kStart = 1'700'000'000;

Snapshot large_host(std::int64_t second) {
  Snapshot snapshot = SyntheticHost(kProcesses, kQueries).at(kStart + second);
  snapshot.tasks.resize(kTasks);
  for (std::size_t index = 0; index < snapshot.processes.size(); index++) {
    ProcessRow& row = snapshot.processes[index];
    row.memory->rss_bytes = (index % 10 == 0 ? 80 : 4) * 1'048'576ull + index * 4096;
    if (index % 10 != 0) {
      row.usage = Usage{};  // most sleep
      continue;
    }
    row.cgroup = "/system.slice/" + *row.unit;
    row.requests = RequestTotals{20, 0, {}};
    row.usage.run_queue_seconds = 0.2;
    for (std::uint32_t other = 1; other <= 16; ++other)
      row.delayed_by.push_back(
          {1000 + (static_cast<std::uint32_t>(index) + 370 * other) % kProcesses, "worker", 0.01});
  }
  return snapshot;
}

std::shared_ptr<const RuleSet> shipped() {
  return {std::shared_ptr<const RuleSet>(), &RuleSet::shipped()};
}

void judge_each_second(benchmark::State& state) {
  std::vector<Snapshot> snapshots;
  for (std::int64_t second = 0; second < 10; ++second) snapshots.push_back(large_host(second));
  Judge judge(shipped());
  std::int64_t now = kStart * 1'000'000'000;
  std::size_t next = 0;
  for ([[maybe_unused]] auto _ : state) {
    Snapshot& snapshot = snapshots[next++ % snapshots.size()];
    snapshot.start_wall_ns = now;
    snapshot.end_wall_ns = now += 1'000'000'000;
    judge.judge(snapshot);
    benchmark::DoNotOptimize(snapshot.judgement);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
  state.SetLabel("second of a host of 5,000 processes");
}
BENCHMARK(judge_each_second)->Unit(benchmark::kMillisecond);

void analyse_once(benchmark::State& state) {
  Snapshot snapshot = large_host(0);
  for ([[maybe_unused]] auto _ : state) {
    Judge(shipped()).judge(snapshot);
    benchmark::DoNotOptimize(json_text(snapshot));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
  state.SetLabel("analysis of a host of 5,000 processes, to JSON");
}
BENCHMARK(analyse_once)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace culprit
