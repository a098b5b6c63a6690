// SPDX-License-Identifier: Apache-2.0
#include "model/task_delays.h"

#include "catch.h"

using namespace culprit;

namespace {

ProcessRow process(std::uint32_t pid, const std::string& name, std::vector<DelayedBy> delayed_by) {
  ProcessRow row;
  row.id = {pid, 7};
  row.name = name;
  row.delayed_by = std::move(delayed_by);
  return row;
}

TaskRow task(const std::string& id) {
  TaskRow row;
  row.id = id;
  return row;
}

}  // namespace

TEST_CASE("a delay is shared out among the tasks of who ran", "[tasks][delays]") {
  std::vector<ProcessRow> processes = {
      process(10, "web", {{20, "worker", 0.8, {}}, {30, "backup", 0.4, {}}, {40, "gone", 0.1, {}}}),
      process(11, "db", {{20, "worker", 0.2, {}}}),
      process(20, "worker", {{20, "worker", 0.5, {}}}),
  };
  std::vector<TaskRow> tasks = {task("a"), task("b"), task("c"), task("rest")};
  const ContendingTasks contending = {
      {{20, 7}, {{"a", "cleanup", 75}, {"b", "sync", 24}, {"c", "ping", 1}}},
      {{30, 7}, {{"rest", "backup", 1}}},
  };
  tell_delays(contending, processes, tasks);

  const auto& web = processes[0].delayed_by;
  REQUIRE(web.size() == 4);
  CHECK(web[0].task == "cleanup");
  CHECK(web[0].seconds == Approx(0.6));
  CHECK(web[1].task == "backup");
  CHECK(web[1].seconds == Approx(0.4));
  CHECK(web[2].task == "sync");
  CHECK(web[2].seconds == Approx(0.192));
  CHECK(web[3].name == "gone");
  CHECK(web[3].task.empty());

  // Others than its own process, longest first.
  REQUIRE(tasks[0].delays.size() == 2);
  CHECK(tasks[0].delays[0].name == "web");
  CHECK(tasks[0].delays[0].seconds == Approx(0.6));
  CHECK(tasks[0].delays[1].name == "db");
  CHECK(tasks[0].delays[1].seconds == Approx(0.15));
  CHECK(tasks[1].delays.size() == 2);
  CHECK(tasks[2].delays.empty());
  CHECK(tasks[3].delays.size() == 1);
}

TEST_CASE("what is told by task adds up to what was measured", "[tasks][delays]") {
  std::vector<ContendingTask> many;
  for (int i = 0; i < 60; i++)
    many.push_back({std::to_string(i), "t" + std::to_string(i), i < 5 ? 100u : 1u});
  std::vector<ProcessRow> processes = {process(10, "web", {{20, "worker", 1, {}}})};
  std::vector<TaskRow> tasks;
  tell_delays({{{20, 7}, many}}, processes, tasks);
  double seconds = 0;
  for (const DelayedBy& delay : processes[0].delayed_by) seconds += delay.seconds;
  CHECK(seconds == Approx(1));
  CHECK(processes[0].delayed_by.size() == 6);
  CHECK(processes[0].delayed_by.back().task.empty());
}
