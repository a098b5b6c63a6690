// SPDX-License-Identifier: Apache-2.0
#include "model/stack_rows.h"

#include "catch.h"
#include "model/model.h"
#include "model/stack_profile.h"
#include "model/stack_tree.h"
#include "unit/model/stacks.h"

namespace culprit {
namespace {

using test::functions_of;

FrameTable small_table() {
  FrameTable table;
  table.learn({{1, CodeKind::kNative, "main", "/bin/app"},
               {2, CodeKind::kNative, "work", "/bin/app"},
               {3, CodeKind::kKernel, "vfs_read", "kernel"},
               {4, CodeKind::kNative, "_PyEval_EvalFrameDefault", "/bin/python3"},
               {5, CodeKind::kPython, "run", "app.py"}});
  return table;
}

StackReading reading(std::uint32_t pid, std::vector<std::uint32_t> native, std::uint64_t samples,
                     bool blocked = false) {
  return {pid, 77, "thread", 0, blocked, std::move(native), {}, samples, samples * 1'000'000'000};
}

}  // namespace

TEST_CASE("stacks get names, outermost first, and equal ones are joined", "[stacks]") {
  StackReading python = reading(2, {3, 4, 1}, 1);
  python.interpreted = {5};
  const auto rows = make_stack_rows({python, reading(1, {3, 2, 1}, 2), reading(1, {2, 1}, 1),
                                     reading(1, {3, 2, 1}, 3), reading(1, {3, 2, 1}, 4, true)},
                                    small_table());
  REQUIRE(rows.size() == 4);
  CHECK(functions_of(rows[0].frames) == "main work");
  CHECK(functions_of(rows[1].frames) == "main work vfs_read");
  CHECK(rows[1].samples == 5);
  CHECK(rows[1].seconds == Approx(5));
  CHECK(rows[2].blocked);
  CHECK(rows[2].samples == 4);
  CHECK(functions_of(rows[3].frames) == "main run vfs_read");
  CHECK(rows[3].process == ProcessId{2, 77});
}

TEST_CASE("equal stacks of two tasks are two rows", "[stacks]") {
  StackReading first = reading(1, {2, 1}, 1), second = first;
  first.task = 8;
  second.task = 9;
  const auto rows = make_stack_rows({second, first, second}, small_table());
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].part == 8);
  CHECK(rows[1].part == 9);
  CHECK(rows[1].samples == 2);
}

TEST_CASE("a frame that nobody named is unknown", "[stacks]") {
  const auto rows = make_stack_rows({reading(1, {99, 0, 1}, 1)}, small_table());
  REQUIRE(rows.size() == 1);
  CHECK(functions_of(rows[0].frames) == "main [unknown]");
}

TEST_CASE("snapshots have stacks only where they were taken", "[stacks]") {
  Model model({});
  Sample sample;
  sample.monotonic_ns = 1;
  sample.coverage.stacks = true;
  sample.frames = {{1, CodeKind::kNative, "main", ""}};
  sample.stacks = {reading(1, {1}, 5)};
  CHECK_FALSE(model.advance(sample));
  sample.monotonic_ns = 2'000'000'001;
  sample.frames.clear();
  sample.stacks = {reading(1, {1}, 1)};
  const auto snapshot = model.advance(sample);
  REQUIRE(snapshot);
  REQUIRE(snapshot->stacks);
  REQUIRE(snapshot->stacks->size() == 1);
  CHECK(snapshot->stacks->front().samples == 1);
  CHECK(snapshot->stacks->front().frames.front()->function == "main");
  sample.coverage.stacks = false;
  sample.monotonic_ns++;
  CHECK_FALSE(model.advance(sample)->stacks);
}

TEST_CASE("the hottest stacks of a process come first, with their share", "[stacks]") {
  Snapshot snapshot;
  CHECK(hottest_stacks(snapshot, {1, 77}, false, 9).empty());
  snapshot.stacks = make_stack_rows({reading(1, {2, 1}, 1), reading(1, {3, 2, 1}, 3),
                                     reading(1, {3, 1}, 9, true), reading(2, {1}, 100)},
                                    small_table());
  snapshot.stacks->front().thread_name = "another thread";
  const auto hot = hottest_stacks(snapshot, {1, 77}, false, 9);
  REQUIRE(hot.size() == 2);
  CHECK(functions_of(hot[0].frames) == "main work vfs_read");
  CHECK(hot[0].seconds == Approx(3));
  CHECK(hot[0].ratio == Approx(0.75));
  CHECK(hottest_stacks(snapshot, {1, 77}, false, 1).size() == 1);
  CHECK(hottest_stacks(snapshot, {1, 77}, true, 9).front().seconds == Approx(9));
}

TEST_CASE("stacks that begin alike share their nodes", "[stacks]") {
  const StackTree tree = make_stack_tree(test::small_profile().stacks);
  REQUIRE(tree.nodes.size() == 6);
  CHECK(tree.depth == 4);
  CHECK(tree.nodes[0].ns == 20'000'000);
  REQUIRE(tree.nodes[0].children.size() == 1);
  const StackNode& app = tree.nodes[tree.nodes[0].children[0]];
  REQUIRE(app.children.size() == 2);
  const StackNode& main_node = tree.nodes[app.children[0]];
  CHECK(main_node.frame->function == "main");
  CHECK(main_node.ns == 18'000'000);
  CHECK(make_stack_tree({}).nodes.size() == 1);
}

TEST_CASE("a profile begins with the names of process and thread", "[stacks]") {
  Snapshot snapshot;
  snapshot.seconds = 2;
  ProcessRow row;
  row.id = {1, 77};
  row.name = "app";
  snapshot.processes = {row};
  const auto all = [](const StackRow&) { return true; };
  CHECK(make_stack_profile(snapshot, false, all).stacks.empty());
  snapshot.stacks = make_stack_rows({reading(1, {1}, 2), reading(2, {1}, 1)}, small_table());
  const StackProfile profile = make_stack_profile(snapshot, false, all);
  CHECK(profile.duration_ns == 2'000'000'000);
  CHECK(profile.period_ns == 1'000'000'000);
  REQUIRE(profile.stacks.size() == 2);
  CHECK(functions_of(profile.stacks[0].frames) == "app thread main");
  CHECK(functions_of(profile.stacks[1].frames) == "thread main");
  CHECK(profile.stacks[0].ns == 2'000'000'000);
  const auto second = [](const StackRow& stack) { return stack.process.pid == 2; };
  CHECK(make_stack_profile(snapshot, false, second).stacks.size() == 1);
  CHECK(make_stack_profile(snapshot, true, all).stacks.empty());
}

}  // namespace culprit
