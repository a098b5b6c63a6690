// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "catch.h"
#include "model/subject.h"
#include "serve/json_why.h"
#include "synthetic_calls.h"
#include "unit/model/stacks.h"
#include "view/keys.h"
#include "view/lines.h"
#include "view/screen.h"
#include "view/task_words.h"
#include "view/text_report.h"
#include "view/why_report.h"

namespace culprit {
namespace {

TaskRow task(const ProcessRow& process, const std::string& name, double cpu_seconds) {
  TaskRow row;
  row.id = "00000000000000" + std::to_string(process.id.pid);
  row.id += name.substr(0, 1);
  row.name = name;
  row.kind = TaskRowKind::kCoroutine;
  row.verdict = {Class::kBackground, 0.95, "runs every 2.0 s and answers no requests"};
  row.process = synthetic::name_of(process);
  row.members = {process.id};
  row.cpu_seconds = cpu_seconds;
  row.cpu_share_error = 0.02;
  row.sampled = true;
  return row;
}

/// Gunicorn with two tasks, PostgreSQL as one.
Snapshot with_tasks() {
  Snapshot now = synthetic::snapshot_with_calls();
  now.tasks = {task(now.processes[1], "postgres: orders (app)", 0.9),
               task(now.processes[0], "refresh (worker.py:31)", 0.3),
               task(now.processes[0], "handle (api.py:12)", 0.2)};
  now.tasks[0].kind = TaskRowKind::kProcess;
  now.tasks[0].workers = 4;
  now.tasks[1].rhythm = {1, 600.0, 3.0, 42.0, 0.0, 2};
  now.tasks[2].verdict = {Class::kForeground, 0.99, "answered 90 requests"};
  return now;
}

TopState state_of(Snapshot now, int width = 120, int height = 30) {
  TopState state;
  state.view = View::kTasks;
  state.width = width;
  state.height = height;
  accept_snapshot(state, synthetic::shared(std::move(now)));
  settle(state);
  return state;
}

std::string screen_of(const TopState& state) {
  return draw_screen(state).text();
}

bool shows(const std::string& text, std::string_view part) {
  const bool found = text.find(part) != std::string::npos;
  UNSCOPED_INFO((found ? "" : "no ") << part << " in\n" << text);
  return found;
}

std::string report_of(const Snapshot& now, std::string_view target) {
  const auto subject = find_subject(now, target);
  return subject ? why_report(now, *subject, 120, true) : subject.error().message;
}

}  // namespace

TEST_CASE("a rhythm is told as one says it", "[tasks]") {
  CHECK(rhythm_text({1, 600.0, 3.0, 42.0, {}, 2}) ==
        "every 10 min, 42 s of CPU, overlaps with two others");
  CHECK(rhythm_text({1, 2.0, 0.0, 0.2, 12.0, 1}) ==
        "every 2 s, 200 ms of CPU, 12 calls, overlaps with one other");
  CHECK(rhythm_text({1, 90.0, 0.0, {}, 0.0, 0}) == "every 90 s");
  CHECK(rhythm_text({1, 86400.0, 0.0, {}, 0.0, 7}) == "every 24 h, overlaps with 7 others");
  CHECK_FALSE(rhythm_text({1, {}, {}, 1.0, {}, {}}));
}

TEST_CASE("tasks stand below a process that has several", "[tasks]") {
  TopState state = state_of(with_tasks());
  REQUIRE(state.lines.size() == 4);
  CHECK(state.lines[0].task->name == "postgres: orders (app)");
  CHECK_FALSE(state.lines[1].task);
  CHECK(state.lines[1].process->name == "gunicorn");
  CHECK(state.lines[2].task->name == "refresh (worker.py:31)");
  CHECK(state.lines[2].branch == "├─");
  CHECK(state.lines[3].branch == "└─");
  const std::string text = screen_of(state);
  CHECK(shows(text, "postgres: orders (app) ×4"));
  CHECK(shows(text, "├─refresh (worker.py:31)"));
  CHECK(shows(text, "gunicorn --serve"));
  handle_key(state, {KeyName::kCharacter, 'V'});
  CHECK(state.lines.size() == 3);
}

TEST_CASE("a filter finds tasks by name and process", "[tasks]") {
  TopState state = state_of(with_tasks());
  state.filter = "WORKER.PY";
  settle(state);
  REQUIRE(state.lines.size() == 1);
  CHECK(state.lines[0].task->name == "refresh (worker.py:31)");
  state.filter = "gunicorn";
  settle(state);
  CHECK(state.lines.size() == 3);
}

TEST_CASE("a task without its process is shown, explained, and hidden when idle", "[tasks]") {
  Snapshot now = with_tasks();
  now.tasks[1].process.id.pid = 4711;
  now.tasks[1].members = {now.tasks[1].process.id};
  now.tasks[1].cpu_seconds = 0;
  TopState state = state_of(now);
  CHECK(state.lines.size() == 3);
  state.cursor = 2;
  settle(state);
  handle_key(state, {KeyName::kEnter, 0});
  CHECK(shows(screen_of(state), "every 10 min, 42 s of CPU, overlaps with two others"));
  handle_key(state, {KeyName::kEscape, 0});
  state.hide_idle = state.hide_kernel = true;
  settle(state);
  CHECK(state.lines.size() == 2);
  CHECK(shows(report_of(now, "refresh"), "refresh (worker.py:31): coroutine of gunicorn (4711)"));
}

TEST_CASE("details of task and process list the tasks", "[tasks]") {
  TopState state = state_of(with_tasks(), 120, 60);
  state.cursor = 2;
  settle(state);
  handle_key(state, {KeyName::kEnter, 0});
  std::string text = screen_of(state);
  CHECK(shows(text, "Class: background (95 %): runs every 2.0 s and answers no requests."));
  CHECK(shows(text, "Tasks of its process"));
  CHECK(shows(text, "handle (api.py:12)"));
  state.cursor = 1;
  state.pane = Pane::kTable;
  settle(state);
  handle_key(state, {KeyName::kEnter, 0});
  text = screen_of(state);
  CHECK(shows(text, "Its tasks"));
  CHECK(shows(text, "refresh (worker.py:31), every 10 min"));
}

TEST_CASE("a process's detail tells its hottest stacks, or how to have them", "[tasks][stacks]") {
  Snapshot now = with_tasks();
  const auto detail = [&now] {
    TopState state = state_of(now, 120, 60);
    state.cursor = 1;
    settle(state);
    handle_key(state, {KeyName::kEnter, 0});
    return screen_of(state);
  };
  CHECK(shows(detail(), "hottest stacks: culprit top --stacks"));
  CHECK(report_of(now, "10").find("hottest stacks") == std::string::npos);
  StackRow row;
  row.process = now.tasks[1].process.id;
  row.frames = test::stack_frames("p:main p:refresh memcpy");
  row.seconds = 0.5;
  now.stacks = {row};
  const std::string text = detail();
  CHECK(shows(text, "Its hottest stacks"));
  CHECK(shows(text, "50.0  100 % memcpy < refresh < main"));
  CHECK(shows(report_of(now, "10"), "memcpy < refresh < main"));
  now.stacks->clear();
  CHECK(shows(report_of(now, "10"), "It was never found on a CPU."));
}

TEST_CASE("why explains a task by name, part of it, and id", "[tasks]") {
  Snapshot now = with_tasks();
  for (const std::string& target : {std::string("refresh (worker.py:31)"), std::string("refresh"),
                                    now.tasks[1].id, std::string("task:worker.py")}) {
    const std::string text = report_of(now, target);
    CHECK(shows(text, "refresh (worker.py:31): coroutine of gunicorn (10)"));
    CHECK(shows(text,
                "It runs every 10 min, 42 s of CPU, overlaps with two others; the period "
                "varies by 3 s."));
  }
  CHECK(shows(report_of(now, "10"), "Its tasks, busiest first"));
  now.tasks[0].name = "sudo culprit flame --task worker.py";
  REQUIRE(find_task(now, "worker.py"));
  CHECK(find_task(now, "task:worker.py")->task == &now.tasks[1]);
  CHECK(find_task(now, "worker.py")->note.empty());
  CHECK(!find_task(now, "gunicorn.service"));
  CHECK(report_of(now, "task:nobody") == "no task nobody is known of this interval");
  const auto subject = find_subject(now, "refresh");
  REQUIRE(subject);
  const auto json = nlohmann::json::parse(why_json(now, *subject));
  CHECK(json["task"]["name"] == "refresh (worker.py:31)");
  CHECK(json["task"]["period_seconds"] == 600);
  CHECK(json["process"]["pid"] == 10);
  CHECK(json["tasks"].size() == 2);
}

TEST_CASE("the text report has the busiest tasks", "[tasks]") {
  const std::string text = text_report(with_tasks());
  CHECK(shows(text, "gunicorn 10"));
  CHECK(shows(text, "refresh (worker.py:31); every 10 min, 42 s of CPU"));
}

}  // namespace culprit
