// SPDX-License-Identifier: Apache-2.0
#include "collect/sample_merge.h"

#include <deque>

#include "../model/call_samples.h"
#include "catch.h"
#include "model/model.h"

using namespace culprit;
using namespace culprit::test;

namespace {

class ScriptedSource final : public SampleSource {
 public:
  explicit ScriptedSource(std::deque<Sample> samples) : samples_(std::move(samples)) {}
  const HostIdentity& host() const override { return host_; }
  Result<std::optional<Sample>> next(std::chrono::nanoseconds) override {
    if (samples_.empty()) return std::optional<Sample>();
    Sample sample = std::move(samples_.front());
    samples_.pop_front();
    return std::optional(std::move(sample));
  }

 private:
  void wake() noexcept override {}
  HostIdentity host_;
  std::deque<Sample> samples_;
};

/// Ten seconds of a host on which one process runs, one sleeps, and one ends after 3 s.
std::deque<Sample> ten_seconds() {
  std::deque<Sample> samples;
  for (int second = 0; second <= 10; second++) {
    Sample sample = sample_at(second);
    const auto used = static_cast<std::uint64_t>(second) * kSecond / 2;
    sample.threads.push_back(thread_in(sample, 10, 10, used));
    if (second == 0) sample.threads.push_back(thread_in(sample, 11, 11, 0));
    if (second < 3) sample.threads.push_back(thread_in(sample, 12, 12, used));
    if (second == 3) sample.ended.push_back(final_record(thread_in(sample, 12, 12, used)));
    if (second > 0) sample.delays = {{10, 12, 1000}};
    samples.push_back(std::move(sample));
  }
  return samples;
}

double cpu_of(const Snapshot& snapshot, std::uint32_t pid) {
  for (const ProcessRow& row : snapshot.processes)
    if (row.id.pid == pid) return row.usage.cpu_seconds;
  return -1;
}

}  // namespace

TEST_CASE("Samples that are merged tell what they tell one by one", "[merge]") {
  ScriptedSource source(ten_seconds());
  Model model({});
  const auto first = source.next(std::chrono::nanoseconds(0));
  REQUIRE_FALSE(model.advance(**first));
  const auto merged = next_spanning(source, (*first)->monotonic_ns, std::nullopt);
  REQUIRE(merged);
  REQUIRE(*merged);
  const auto snapshot = model.advance(**merged);
  REQUIRE(snapshot);
  CHECK(snapshot->seconds == Approx(10));
  CHECK(cpu_of(*snapshot, 10) == Approx(5));
  CHECK(cpu_of(*snapshot, 11) == 0);
  CHECK(cpu_of(*snapshot, 12) == Approx(1.5));
  CHECK(snapshot->system.processes_exited == 1u);
  for (const ProcessRow& row : snapshot->processes)
    if (row.id.pid == 10) CHECK(row.delayed_by.at(0).seconds == Approx(10 * 1000e-9));
}

TEST_CASE("a span ends at the first Sample that reaches it", "[merge]") {
  for (const auto slack : {std::chrono::milliseconds(0), std::chrono::milliseconds(50)}) {
    std::deque<Sample> samples = ten_seconds();
    for (std::size_t i = 1; i < samples.size(); i++) samples[i].monotonic_ns -= 10'000'000;
    ScriptedSource source(samples);
    const auto first = source.next(std::chrono::nanoseconds(0));
    const auto merged =
        next_spanning(source, (*first)->monotonic_ns, std::chrono::seconds(4), slack);
    REQUIRE(*merged);
    const double span =
        static_cast<double>((*merged)->monotonic_ns - (*first)->monotonic_ns) * 1e-9;
    CHECK(span == Approx(slack.count() ? 3.99 : 4.99));
  }
}

TEST_CASE("an interrupted source ends the span", "[merge]") {
  ScriptedSource source(ten_seconds());
  source.interrupt();
  const auto merged = next_spanning(source, 0, std::chrono::seconds(100));
  REQUIRE(*merged);
  CHECK((*merged)->monotonic_ns == sample_at(0).monotonic_ns);
}

TEST_CASE("connections are merged to their latest reading, calls and texts follow", "[merge]") {
  Sample earlier = call_sample_at(1), later = call_sample_at(2);
  ConnectionReading lasting = database_client(1, 100), ended = database_client(2, 100);
  lasting.opened_ns = at(0.5);
  lasting.connect_ns = kMs;
  lasting.busy_since_ns = at(0.9);
  ended.end = SocketEnd::kReset;
  ended.ended_ns = at(0.8);
  earlier.connections = {lasting, ended};
  earlier.calls = {call_on(lasting, 0.6, 0.7)};
  earlier.query_texts = {select_text(1)};
  ConnectionReading known = database_client(1, 100);
  known.database = "shop";
  later.connections = {database_client(3, 100), known, database_client(2, 100)};
  later.calls = {call_on(lasting, 0.9, 1.5, 2)};
  later.query_texts = {select_text(2)};
  later.coverage.arrivals = false;

  const Sample merged = merge_samples(earlier, later);
  REQUIRE(merged.connections.size() == 3);
  CHECK(merged.connections[0].id == 1);
  CHECK(merged.connections[0].database == "shop");
  CHECK(merged.connections[0].opened_ns == at(0.5));
  CHECK(merged.connections[0].connect_ns == kMs);
  CHECK_FALSE(merged.connections[0].busy_since_ns);
  CHECK(merged.connections[1].id == 2);
  CHECK(merged.connections[1].end == SocketEnd::kReset);
  CHECK(merged.connections[1].ended_ns == at(0.8));
  CHECK(merged.connections[2].id == 3);
  REQUIRE(merged.calls.size() == 2);
  CHECK(merged.calls[0].call.query == 1);
  CHECK(merged.calls[1].call.query == 2);
  REQUIRE(merged.query_texts.size() == 2);
  CHECK(merged.query_texts[1].id == 2);
  CHECK(merged.coverage.calls);
  CHECK_FALSE(merged.coverage.arrivals);
}

TEST_CASE("a merged Sample gives the calls of both", "[merge]") {
  const ConnectionReading client = database_client(1, 100);
  Sample baseline = call_sample_at(0), earlier = call_sample_at(1), later = call_sample_at(2);
  baseline.connections = {client};
  earlier.calls = {call_on(client, 0.1, 0.2)};
  later.calls = {call_on(client, 1.1, 1.2)};
  later.connections = {client};
  Model model({});
  model.advance(baseline);
  const auto snapshot = model.advance(merge_samples(earlier, later));
  REQUIRE(snapshot);
  CHECK(snapshot->databases.at(0).operations == 2);
  CHECK(snapshot->databases[0].pools.at(0).open == 1);
}

TEST_CASE("merging keeps the stacks of both, and the names of their frames", "[merge]") {
  Sample earlier, later;
  earlier.monotonic_ns = 1;
  later.monotonic_ns = 2;
  earlier.frames = {{1, CodeKind::kNative, "main", ""}};
  later.frames = {{2, CodeKind::kKernel, "vfs_read", "kernel"}};
  earlier.stacks = {{7, 1, "thread", 0, false, {1}, {}, 3, 30}};
  later.stacks = {{7, 1, "thread", 0, false, {2, 1}, {}, 1, 10}};
  const Sample merged = merge_samples(earlier, later);
  REQUIRE(merged.frames.size() == 2);
  CHECK(merged.frames[0].function == "main");
  REQUIRE(merged.stacks.size() == 2);
  CHECK(merged.stacks[1].native == std::vector<std::uint32_t>{2, 1});
}

TEST_CASE("merging keeps the names of tasks, their latest readings and all runs", "[merge]") {
  Sample earlier, later;
  earlier.monotonic_ns = 1;
  later.monotonic_ns = 2;
  earlier.task_names.resize(1);
  earlier.task_names[0].task = 8;
  earlier.tasks.resize(2);
  earlier.tasks[0].task = 8;
  earlier.tasks[0].samples = 5;
  earlier.tasks[0].runs = {{10, 20, 2}, {30, 40, 3}};
  earlier.tasks[1].task = 9;
  later.tasks.resize(1);
  later.tasks[0].task = 8;
  later.tasks[0].samples = 9;
  later.tasks[0].runs = {{30, 60, 5}, {80, 90, 2}};
  const Sample merged = merge_samples(earlier, later);
  CHECK(merged.task_names.size() == 1);
  REQUIRE(merged.tasks.size() == 2);
  CHECK(merged.tasks[0].samples == 9);
  REQUIRE(merged.tasks[0].runs.size() == 3);
  CHECK(merged.tasks[0].runs[1].end_ns == 60);
  CHECK(merged.tasks[0].runs[2].start_ns == 80);
}
