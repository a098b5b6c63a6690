// SPDX-License-Identifier: Apache-2.0
#include "collect/standing_sample.h"

#include <algorithm>

#include "../model/call_samples.h"
#include "catch.h"
#include "model/model.h"

using namespace culprit;
using namespace culprit::test;

namespace {

/// A host of two processes, one of which is idle after the first second, while a third lives
/// from second 2 to second 3, and calls another program meanwhile.
std::vector<Sample> five_seconds() {
  std::vector<Sample> samples;
  for (int second = 0; second <= 5; ++second) {
    Sample sample = sample_at(second);
    sample.lists_all_threads = second == 0;
    const auto used = static_cast<std::uint64_t>(second) * kSecond / 4;
    sample.threads.push_back(thread_in(sample, 10, 10, used));
    if (second <= 1) sample.threads.push_back(thread_in(sample, 11, 11, used));
    if (second == 0) {
      sample.details = {{10, 7, "busy --loud", "/bin/busy", 3, {}},
                        {11, 7, "idle", "/bin/idle", 4, {}}};
      sample.cgroup_paths = {{5, "/busy.slice"}};
      sample.user_names = {{0, "root"}};
      sample.query_texts = {{77, Protocol::kRedis, "GET", "GET user:?", false}};
      sample.task_names = {{9, 10, 7, TaskKind::kThread, {}, {}, "cpython 3.11", ""}};
    }
    if (second == 2) {
      sample.threads.push_back(thread_in(sample, 12, 12, used, 8));
      sample.details = {{12, 8, "sh -c short", "/bin/sh", {}, {}}, {10, 7, {}, {}, 5, {}}};
      sample.execs = {{10, 1, 0, 7, 5, "busier", "busier --still"}};
    }
    if (second == 3) sample.ended = {final_record(thread_in(sample, 12, 12, used, 8))};
    sample.connections = {database_client(static_cast<std::uint64_t>(second), 10)};
    if (second == 4) {
      sample.connections.push_back(database_client(1, 10));
      sample.connections.back().end = SocketEnd::kClosed;
    }
    TaskReading task;
    task.task = 9;
    task.samples = static_cast<std::uint64_t>(second);
    task.runs = {{1, 2, 3}};
    sample.tasks = {task};
    samples.push_back(std::move(sample));
  }
  return samples;
}

const ProcessDetail* detail_of(const Sample& sample, std::uint32_t pid) {
  const auto found = std::find_if(sample.details.begin(), sample.details.end(),
                                  [&](const auto& detail) { return detail.pid == pid; });
  return found == sample.details.end() ? nullptr : &*found;
}

Sample standing_after(const std::vector<Sample>& samples, std::size_t count) {
  StandingSample standing;
  for (std::size_t i = 0; i < count; ++i) standing.take(samples[i]);
  return standing.sample();
}

}  // namespace

TEST_CASE("What stands is the latest of each thing that was told once", "[standing]") {
  const Sample sample = standing_after(five_seconds(), 6);
  CHECK(sample.monotonic_ns == sample_at(5).monotonic_ns);
  CHECK(sample.lists_all_threads);
  CHECK(sample.threads.size() == 2);
  CHECK(sample.ended.empty());
  CHECK(sample.execs.empty());
  CHECK(sample.cgroup_paths == five_seconds()[0].cgroup_paths);
  CHECK(sample.user_names == five_seconds()[0].user_names);
  REQUIRE(sample.query_texts.size() == 1);
  CHECK(sample.query_texts[0].text == "GET user:?");
  CHECK(sample.connections.size() == 5);  // of the six, one was closed
  REQUIRE(sample.tasks.size() == 1);
  CHECK(sample.tasks[0].samples == 5);
  CHECK(sample.tasks[0].runs.empty());
  CHECK(sample.task_names.size() == 1);
}

TEST_CASE("What is told of a process piece by piece stands as a whole", "[standing]") {
  const Sample sample = standing_after(five_seconds(), 6);
  const ProcessDetail* busy = detail_of(sample, 10);
  REQUIRE(busy);
  CHECK(busy->command == "busier --still");  // by exec
  CHECK(busy->open_files == 5);
  CHECK_FALSE(detail_of(sample, 12));  // it has ended
  CHECK(detail_of(standing_after(five_seconds(), 3), 12));
}

TEST_CASE("A complete list takes away what it does not list", "[standing]") {
  std::vector<Sample> samples = five_seconds();
  samples[5].lists_all_threads = true;
  const Sample sample = standing_after(samples, 6);
  REQUIRE(sample.threads.size() == 1);
  CHECK(sample.threads[0].pid == 10);
  CHECK_FALSE(detail_of(sample, 11));
  CHECK(detail_of(sample, 10));
}

TEST_CASE("Who comes later sees the same as who was there", "[standing]") {
  const std::vector<Sample> samples = five_seconds();
  Model all(HostIdentity{}), late(HostIdentity{});
  StandingSample standing;
  std::optional<Snapshot> of_all, of_late;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    of_all = all.advance(samples[i]);
    if (i == 3) late.advance(standing_after(samples, 4));
    if (i > 3) of_late = late.advance(samples[i]);
  }
  REQUIRE(of_all);
  REQUIRE(of_late);
  REQUIRE(of_late->processes.size() == of_all->processes.size());
  for (std::size_t i = 0; i < of_all->processes.size(); ++i) {
    const ProcessRow &one = of_all->processes[i], &other = of_late->processes[i];
    CHECK(other.id == one.id);
    CHECK(other.usage.cpu_seconds == one.usage.cpu_seconds);
    CHECK(other.unit == one.unit);
    CHECK(other.user == one.user);
    CHECK(other.executable == one.executable);
    CHECK(other.open_files == one.open_files);
  }
}
