// SPDX-License-Identifier: Apache-2.0
#include "model/task_parts.h"

#include <cmath>
#include <random>

#include "catch.h"

using namespace culprit;

namespace {

NamedTask named(const std::string& title, TaskRowKind kind = TaskRowKind::kCoroutine) {
  NamedTask task;
  task.title = title;
  task.kind = kind;
  return task;
}

Weights plain(std::uint64_t samples) {
  return {samples, samples};
}

TaskChange change(const NamedTask& name, std::uint64_t samples,
                  std::optional<double> cpu_seconds = {}) {
  TaskChange made;
  made.name = &name;
  made.samples = made.squares = samples;
  made.cpu_seconds = cpu_seconds;
  return made;
}

ProcessRow process(double cpu_seconds) {
  ProcessRow row;
  row.id = {10, 5};
  row.name = "python3";
  row.usage.cpu_seconds = cpu_seconds;
  return row;
}

ThreadRow thread(std::uint32_t tid, const std::string& name, double cpu_seconds) {
  ThreadRow row;
  row.tid = tid;
  row.name = name;
  row.usage.cpu_seconds = cpu_seconds;
  row.usage.run_queue_seconds = 0.1;
  return row;
}

std::vector<TaskPart> parts(const ProcessRow& row, const std::vector<TaskChange>* changes,
                            const std::vector<const TaskCalls*>& calls = {}) {
  Placement placement;
  placement.title = "app";
  static const TaskNames none;
  return parts_of(row, placement, changes, calls, none, TaskRules());
}

double sum(const std::vector<TaskPart>& parts) {
  double cpu = 0;
  for (const TaskPart& part : parts) cpu += part.cpu_seconds;
  return cpu;
}

const TaskPart& part_named(const std::vector<TaskPart>& parts, const std::string& title) {
  for (const TaskPart& part : parts)
    if (part.title == title) return part;
  FAIL("no part " << title);
  return parts.front();
}

}  // namespace

TEST_CASE("CPU time is shared out by samples", "[task_parts]") {
  const NamedTask poll = named("poll"), flush = named("flush");
  // Two labels of the same name are one task.
  const std::vector<TaskChange> changes = {change(poll, 50), change(flush, 100), change(poll, 50)};
  const auto split = parts(process(3), &changes);
  REQUIRE(split.size() == 2);
  CHECK(part_named(split, "poll").cpu_seconds == Approx(1.5));
  CHECK(part_named(split, "flush").cpu_seconds == Approx(1.5));
  CHECK(part_named(split, "poll").share_error.value_or(0) == Approx(share_error(100, plain(200))));
  CHECK(sum(split) == Approx(3));
}

TEST_CASE("what was measured stays as it was measured", "[task_parts]") {
  const NamedTask poll = named("poll"), flush = named("flush"), loop = named("loop");
  const std::vector<TaskChange> changes = {change(poll, 9, 0.5), change(flush, 9, 1.0),
                                           change(loop, 4)};
  const auto split = parts(process(2), &changes);
  CHECK(part_named(split, "poll").cpu_seconds == Approx(0.5));
  CHECK_FALSE(part_named(split, "poll").share_error);
  CHECK(part_named(split, "loop").cpu_seconds == Approx(0.5));
  CHECK(sum(split) == Approx(2));
}

TEST_CASE("nothing is counted twice", "[task_parts]") {
  const NamedTask poll = named("poll"), flush = named("flush");
  const std::vector<TaskChange> too_much = {change(poll, 1, 1.5), change(flush, 1, 1.5)};
  CHECK(sum(parts(process(2), &too_much)) == Approx(2));
  const std::vector<TaskChange> unsampled = {change(poll, 0)};
  const auto split = parts(process(0.001), &unsampled);
  CHECK(part_named(split, "app").cpu_seconds == Approx(0.001));
  CHECK(sum(split) == Approx(0.001));
}

TEST_CASE("threads are taken apart by the names of pools", "[task_parts]") {
  ProcessRow row = process(1);
  row.name = "java";
  row.threads = {thread(10, "java", 0.25), thread(11, "GC Thread#0", 0.125),
                 thread(12, "GC Thread#1", 0.125), thread(13, "worker-7", 0.5)};
  TaskCalls calls{row.id, 0, 13, CallTotals{4, 1, 0.5}, 2};
  const auto split = parts(row, nullptr, {&calls});
  REQUIRE(split.size() == 3);
  CHECK(part_named(split, "app").cpu_seconds == Approx(0.25));
  CHECK(part_named(split, "app").is_whole);
  CHECK(part_named(split, "GC Thread#*").cpu_seconds == Approx(0.25));
  CHECK(part_named(split, "GC Thread#*").kind == TaskRowKind::kThread);
  CHECK(part_named(split, "worker-*").calls.count == 4);
  CHECK(part_named(split, "worker-*").answered == 2);
  CHECK(sum(split) == Approx(1));
}

TEST_CASE("names of threads that never end are one pool in the end", "[task_parts]") {
  ProcessRow row = process(500);
  for (std::uint32_t i = 0; i < 500; ++i) {
    const std::string letters = {static_cast<char>('a' + i / 26), static_cast<char>('a' + i % 26)};
    row.threads.push_back(thread(100 + i, letters, 1));
  }
  const auto split = parts(row, nullptr);
  CHECK(split.size() <= 66);
  CHECK(sum(split) == Approx(500));
}

TEST_CASE("the error told holds when the pace has changed within a window", "[task_parts]") {
  // A tenth of the CPU time at a tenth of the pace, where the task has more of it.
  std::mt19937 random(6);
  int within = 0;
  constexpr int kWindows = 4000;
  constexpr double kTruth = 0.1 * 0.8 + 0.9 * 0.3;
  for (int window = 0; window < kWindows; ++window) {
    const std::uint64_t rare = std::binomial_distribution<std::uint64_t>(50, 0.8)(random);
    const std::uint64_t often = std::binomial_distribution<std::uint64_t>(4500, 0.3)(random);
    const std::uint64_t part = 10 * rare + often;
    const Weights all = {10 * 50 + 4500, 100 * 50 + 4500};
    within += std::abs(static_cast<double>(part) / 5000 - kTruth) <= share_error(part, all);
  }
  CHECK(within >= kWindows * 0.95);
  CHECK(share_error(2500, {5000, 50'000}) == Approx(share_error(250, plain(500))));
}

TEST_CASE("the error told holds in 95 of 100 windows", "[task_parts]") {
  std::mt19937 random(4);
  for (const double truth : {0.001, 0.01, 0.05, 0.2, 0.5, 0.9, 0.999})
    for (const int samples : {10, 50, 500, 4990}) {
      std::binomial_distribution<std::uint64_t> draw(static_cast<std::uint64_t>(samples), truth);
      int within = 0;
      constexpr int kWindows = 4000;
      for (int window = 0; window < kWindows; ++window) {
        const std::uint64_t hits = draw(random);
        const double share = static_cast<double>(hits) / samples;
        within += std::abs(share - truth) <=
                  share_error(hits, plain(static_cast<std::uint64_t>(samples)));
      }
      INFO("share " << truth << ", " << samples << " samples");
      CHECK(within >= kWindows * 0.95);
    }
}

TEST_CASE("the error of regular samples of bursts is smaller than told", "[task_parts]") {
  // 60 ms of every 200 ms, sampled every 2.004 ms for 10 s, begun anywhere.
  std::mt19937 random(5);
  std::uniform_real_distribution<double> begin(0, 200);
  int within = 0;
  for (int window = 0; window < 1000; ++window) {
    const double phase = begin(random);
    std::uint64_t hits = 0, all = 0;
    for (double at = 0; at < 10'000; at += 2.004, ++all) hits += std::fmod(at + phase, 200) < 60;
    within += std::abs(static_cast<double>(hits) / static_cast<double>(all) - 0.3) <=
              share_error(hits, plain(all));
  }
  CHECK(within >= 990);
}

TEST_CASE("an error is never more than everything, nor less than a sample", "[task_parts]") {
  CHECK(share_error(0, plain(0)) == 1);
  CHECK(share_error(1, plain(1)) <= 1);
  CHECK(share_error(1000, plain(1000)) >= 0.001);
  CHECK(share_error(0, plain(1000)) == Approx(4.5 / 1004).epsilon(0.01));
}
