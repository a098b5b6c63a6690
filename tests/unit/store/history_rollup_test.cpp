// SPDX-License-Identifier: Apache-2.0
#include "store/history_rollup.h"

#include "catch.h"
#include "history_host.h"
#include "store/history_codec.h"
#include "store/history_reducer.h"
#include "store/history_schema.h"

namespace culprit {
namespace {

constexpr auto kProcess = HistoryKind::kProcess;

Snapshot quiet(std::int64_t second) {
  Snapshot snapshot;
  snapshot.seconds = 1;
  snapshot.start_wall_ns = second * 1'000'000'000;
  snapshot.end_wall_ns = snapshot.start_wall_ns + 1'000'000'000;
  return snapshot;
}

ProcessRow process(std::uint32_t pid, const char* name, double cpu, std::uint64_t rss) {
  ProcessRow row;
  row.id = {pid, pid * 1000ull};
  row.name = name;
  row.usage.cpu_seconds = cpu;
  row.memory = MemoryUse{};
  row.memory->rss_bytes = rss;
  return row;
}

const HistoryRow* row_of(const HistoryTick& tick, HistoryKind kind, std::string_view name) {
  for (const HistoryRow& row : tick.table(kind).rows)
    if (row.name && (row.name->texts[0] == name)) return &row;
  return nullptr;
}

double value(const HistoryRow* row, HistoryKind kind, std::string_view id) {
  REQUIRE(row);
  const auto number = history_value(*row, kind, id);
  REQUIRE(number);
  return *number;
}

TEST_CASE("history: amounts add up and states are weighted by time", "[history]") {
  HistoryReducer reducer;
  HistoryRollup rollup;
  Snapshot first = quiet(100), second = quiet(101);
  second.seconds = 3;
  second.end_wall_ns = 104'000'000'000;
  first.system.cpu = CpuUse{.utilization_ratio = 1, .user_seconds = 2};
  second.system.cpu = CpuUse{.utilization_ratio = 0.2, .user_seconds = 0.6};
  first.processes = {process(7, "web", 0.5, 100 << 20)};
  second.processes = {process(7, "web", 0.25, 200 << 20)};
  rollup.add(reducer.reduce(first));
  rollup.add(reducer.reduce(second));
  const HistoryTick sum = *rollup.take();
  CHECK(rollup.empty());
  CHECK(sum.start_ns == first.start_wall_ns);
  CHECK(sum.end_ns == second.end_wall_ns);
  CHECK(sum.seconds == 4);
  CHECK(value(sum.host(), HistoryKind::kHost, "cpu.user_seconds") == Approx(2.6));
  CHECK(value(sum.host(), HistoryKind::kHost, "cpu.utilization_ratio") == Approx(0.4));
  const HistoryRow* web = row_of(sum, kProcess, "web");
  CHECK(value(web, kProcess, "cpu_seconds") == Approx(0.75));
  CHECK(value(web, kProcess, "memory.rss_bytes") == Approx(175.0 * (1 << 20)));
  CHECK(web->pid == 7);
}

TEST_CASE("history: what is absent stays absent and is no zero in a mean", "[history]") {
  HistoryReducer reducer;
  HistoryRollup rollup;
  Snapshot first = quiet(1), second = quiet(2);
  second.system.cpu_pressure = Pressure{0.5, {}};
  rollup.add(reducer.reduce(first));
  rollup.add(reducer.reduce(second));
  const HistoryTick sum = *rollup.take();
  CHECK(value(sum.host(), HistoryKind::kHost, "pressure.cpu.some_ratio") == 0.5);
  CHECK_FALSE(history_value(*sum.host(), HistoryKind::kHost, "pressure.io.some_ratio"));
  CHECK_FALSE(history_value(*sum.host(), HistoryKind::kHost, "cpu.utilization_ratio"));
  CHECK_FALSE(history_value(*sum.host(), HistoryKind::kHost, "score"));
}

TEST_CASE("history: processes of one name are one row, told by the busiest", "[history]") {
  HistoryReducer reducer;
  Snapshot snapshot = quiet(1);
  snapshot.processes = {process(7, "cc1plus", 0.2, 10), process(8, "cc1plus", 0.7, 20)};
  const HistoryTick tick = reducer.reduce(snapshot);
  REQUIRE(tick.table(kProcess).rows.size() == 1);
  const HistoryRow* row = row_of(tick, kProcess, "cc1plus");
  CHECK(value(row, kProcess, "cpu_seconds") == Approx(0.9));
  CHECK(value(row, kProcess, "memory.rss_bytes") == 30);
  CHECK(value(row, kProcess, "processes") == 2);
  CHECK(row->pid == 8);
}

TEST_CASE("history: leaders and the rest add up to all there was", "[history]") {
  HistoryReducer reducer;
  HistoryRollup rollup;
  const SyntheticHost host(200, 60);
  double cpu = 0, calls = 0;
  for (std::int64_t second = 5000; second < 5010; second++) {
    const Snapshot snapshot = host.at(second);
    for (const ProcessRow& row : snapshot.processes) cpu += row.usage.cpu_seconds;
    for (const QueryRow& row : snapshot.queries) calls += static_cast<double>(row.calls);
    rollup.add(reducer.reduce(snapshot));
  }
  const HistoryTick sum = *rollup.take();
  const auto total = [&](HistoryKind kind, std::string_view id) {
    double all = 0;
    for (const HistoryRow& row : sum.table(kind).rows) all += value(&row, kind, id);
    REQUIRE(sum.table(kind).rest);
    return all + value(&*sum.table(kind).rest, kind, id);
  };
  CHECK(sum.table(kProcess).rows.size() < 60);
  CHECK(total(kProcess, "cpu_seconds") == Approx(cpu));
  CHECK(total(HistoryKind::kQuery, "calls") == Approx(calls));
}

TEST_CASE("history: merged latencies have the percentiles of all durations", "[history]") {
  LogHistogram fast, slow, all;
  for (int i = 0; i < 900; i++) fast.add(1'000'000), all.add(1'000'000);
  for (int i = 0; i < 100; i++) slow.add(50'000'000), all.add(50'000'000);
  Latency merged = *fast.latency();
  merge(merged, *slow.latency());
  const Latency truth = *all.latency();
  CHECK(merged.count == 1000);
  CHECK(merged.mean_seconds == Approx(truth.mean_seconds));
  CHECK(merged.max_seconds == Approx(0.05));
  CHECK(merged.p50_seconds == Approx(truth.p50_seconds).epsilon(0.07));
  CHECK(merged.p95_seconds == Approx(truth.p95_seconds).epsilon(0.07));
  CHECK(merged.p99_seconds == Approx(truth.p99_seconds).epsilon(0.07));
  // Whose buckets are there already.
  const std::size_t buckets = merged.buckets.size();
  merge(merged, *slow.latency());
  CHECK(merged.buckets.size() == buckets);
  std::uint64_t held = 0;
  for (const LatencyBucket& bucket : merged.buckets) held += bucket.count;
  CHECK(held == merged.count);
}

TEST_CASE("history: latency buckets hold what falls into them", "[history]") {
  for (std::uint64_t ns = 1; ns < (1ull << 57); ns = ns * 17 / 13 + 1) {
    const std::uint32_t bucket = latency_bucket(ns);
    CHECK(latency_bucket_floor(bucket) <= ns);
    CHECK(latency_bucket_floor(bucket + 1) > ns);
  }
}

TEST_CASE("history: a tick comes back as it was packed", "[history]") {
  HistoryReducer reducer;
  HistoryRollup rollup;
  const SyntheticHost host(40, 20);
  rollup.add(reducer.reduce(host.at(777)));
  const HistoryTick tick = *rollup.take();
  std::vector<HistoryNamePtr> names;
  HistoryPacker packer;
  const auto packed = packer.pack(tick, [&](const HistoryNamePtr& name) {
    names.push_back(name);
    return names.size();
  });
  REQUIRE(packed);
  HistoryUnpacker unpacker;
  HistoryTick back;
  back.seconds = tick.seconds;
  const auto name_of = [&](std::uint64_t id) { return names.at(id - 1); };
  REQUIRE(unpacker.unpack_host(packed->host, current_history_layout(), back));
  REQUIRE(unpacker.unpack_rows(packed->rows, current_history_layout(), name_of, back));
  for (std::size_t kind = 0; kind < kHistoryKinds; kind++) {
    const auto& was = tick.tables[kind].rows;
    const auto& is = back.tables[kind].rows;
    REQUIRE(is.size() == was.size());
    const auto metrics = history_metrics(static_cast<HistoryKind>(kind));
    for (std::size_t row = 0; row < was.size(); row++) {
      CHECK(is[row].name == was[row].name);
      for (std::size_t place = 0; place < metrics.size(); place++) {
        REQUIRE(is[row].values[place].has_value() == was[row].values[place].has_value());
        if (was[row].values[place])
          CHECK(std::abs(*is[row].values[place] - *was[row].values[place]) <=
                metrics[place].step / 2 * 1.001);
      }
      REQUIRE(is[row].latency.has_value() == was[row].latency.has_value());
      if (was[row].latency) CHECK(is[row].latency->count == was[row].latency->count);
    }
  }
}

TEST_CASE("history: bytes that are no tick are refused", "[history]") {
  HistoryUnpacker unpacker;
  HistoryTick tick;
  const auto none = [](std::uint64_t) { return HistoryNamePtr(); };
  for (const char* bytes : {"", "x", "\x82", "\x82\x80", "\x28\xb5\x2f\xfd"}) {
    CHECK_FALSE(unpacker.unpack_host(bytes, current_history_layout(), tick));
    CHECK_FALSE(unpacker.unpack_rows(bytes, current_history_layout(), none, tick));
  }
}

TEST_CASE("history: a layout of another version gives what both know", "[history]") {
  const auto layout = parse_history_layout(
      R"({"host":[["not.known.here",1],["cpu.utilization_ratio",0.01]],"process":[]})");
  REQUIRE(layout);
  const auto& slots = layout->of(HistoryKind::kHost);
  REQUIRE(slots.size() == 2);
  CHECK_FALSE(slots[0].place);
  CHECK(slots[1].place == history_metric(HistoryKind::kHost, "cpu.utilization_ratio"));
  CHECK(parse_history_layout(current_history_layout_text())->slots[0].size() ==
        history_metrics(HistoryKind::kHost).size());
  CHECK(parse_history_layout("[]").error().message == "layout: expected a JSON object");
  CHECK(parse_history_layout(R"({"host":[[1,2]]})").error().message ==
        "layout: /host/0: expected [ID, STEP]");
  CHECK(parse_history_layout(R"({"host":[["a",0]]})").error().message ==
        "layout: /host/0: expected a step above 0");
}

}  // namespace
}  // namespace culprit
