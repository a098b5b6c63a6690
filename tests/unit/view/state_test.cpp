// SPDX-License-Identifier: Apache-2.0
#include "catch.h"
#include "model/unit_name.h"
#include "synthetic.h"
#include "view/keys.h"
#include "view/lines.h"

namespace culprit {
namespace {

TopState state_with(Snapshot now) {
  TopState state;
  accept_snapshot(state, synthetic::shared(std::move(now)));
  settle(state);
  return state;
}

void press(TopState& state, std::u32string_view characters) {
  for (const char32_t character : characters) handle_key(state, {KeyName::kCharacter, character});
}

std::vector<std::uint32_t> pids(const TopState& state) {
  std::vector<std::uint32_t> found;
  for (const Line& line : state.lines) found.push_back(line.process->id.pid);
  return found;
}

using Pids = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("sorting: CPU first, then as keys say", "[top]") {
  TopState state = state_with(synthetic::snapshot());
  CHECK(pids(state) == Pids{20, 10, 40, 30});
  press(state, U"M");
  CHECK(pids(state) == Pids{40, 30, 20, 10});
  press(state, U"N");
  CHECK(pids(state) == Pids{10, 20, 30, 40});
  press(state, U"r");
  CHECK(pids(state) == Pids{40, 30, 20, 10});
  press(state, U"P");
  handle_key(state, {KeyName::kRight});
  CHECK(state.sort().id == "run_queue_seconds");
  handle_key(state, {KeyName::kLeft});
  handle_key(state, {KeyName::kLeft});
  CHECK(state.sort().id == "unit");
  CHECK(pids(state) == Pids{40, 30, 10, 20});
}

TEST_CASE("what is absent is sorted last, whichever the order", "[top]") {
  Snapshot now = synthetic::snapshot();
  now.processes[1].usage.run_queue_seconds.reset();
  now.processes[2].usage.run_queue_seconds = 0;
  TopState state = state_with(std::move(now));
  press(state, U"W");
  CHECK(pids(state) == Pids{10, 40, 30, 20});
  press(state, U"r");
  CHECK(pids(state) == Pids{30, 40, 10, 20});
}

TEST_CASE("filter, user and idle narrow the list; Esc widens it again", "[top]") {
  TopState state = state_with(synthetic::snapshot());
  press(state, U"/POSTG");
  CHECK(pids(state) == Pids{20});
  handle_key(state, {KeyName::kBackspace});
  CHECK(state.filter == "POST");
  handle_key(state, {KeyName::kEnter});
  CHECK(state.prompt == Prompt::kNone);
  handle_key(state, {KeyName::kEscape});
  CHECK(state.lines.size() == 4);
  press(state, U"uroot");
  handle_key(state, {KeyName::kEnter});
  CHECK(pids(state) == Pids{40});
  handle_key(state, {KeyName::kEscape});
  press(state, U"i");
  CHECK(pids(state) == Pids{20, 10, 40});
}

TEST_CASE("find moves the cursor and n goes on", "[top]") {
  TopState state = state_with(synthetic::snapshot());
  press(state, U"fserve");
  handle_key(state, {KeyName::kEnter});
  CHECK(state.cursor == 0);
  press(state, U"n");
  CHECK(state.cursor == 1);
  press(state, U"fnowhere");
  handle_key(state, {KeyName::kEnter});
  CHECK(state.message == "no line matches nowhere");
}

TEST_CASE("a process tree has children below their parent", "[top]") {
  TopState state = state_with(synthetic::snapshot());
  press(state, U"V");
  CHECK(pids(state) == Pids{20, 10, 30, 40});
  CHECK(state.lines[3].branch == "└─");
}

TEST_CASE("parents in a circle are shown once each", "[top]") {
  Snapshot now = synthetic::snapshot();
  now.processes[0].parent_pid = 20;
  now.processes[1].parent_pid = 10;
  now.processes[2].parent_pid = 30;
  TopState state = state_with(std::move(now));
  press(state, U"V");
  CHECK(state.lines.size() == 4);
}

TEST_CASE("a chain of thousands of parents is walked", "[top]") {
  Snapshot now = synthetic::snapshot();
  now.processes.clear();
  for (std::uint32_t pid = 1; pid <= 5000; ++pid) {
    now.processes.push_back(synthetic::process(pid, "chain", 0));
    now.processes.back().parent_pid = pid - 1;
  }
  TopState state = state_with(std::move(now));
  press(state, U"V");
  CHECK(state.lines.size() == 5000);
  CHECK(state.lines.back().branch.size() < 100);
}

TEST_CASE("units are a tree by path, whatever sorts between them", "[top]") {
  Snapshot now = synthetic::snapshot();
  now.units.push_back(synthetic::unit("/system.slice-x", 9));
  TopState state = state_with(std::move(now));
  press(state, U"3");
  std::string shown;
  for (const Line& line : state.lines) shown += line.branch + line.unit->name + "\n";
  CHECK(shown ==
        "/\n"
        "├─system.slice-x\n"
        "└─system.slice\n"
        "  ├─postgres.service\n"
        "  ├─gunicorn.service\n"
        "  └─backup.service\n");
}

TEST_CASE("Enter goes from a unit to its processes, Esc back to that unit", "[top]") {
  TopState state = state_with(synthetic::snapshot());
  press(state, U"3");
  handle_key(state, {KeyName::kEnd});
  handle_key(state, {KeyName::kEnter});
  CHECK(state.view == View::kProcesses);
  CHECK(pids(state) == Pids{40});
  handle_key(state, {KeyName::kEscape});
  CHECK(state.view == View::kUnits);
  CHECK(state.selected_line()->unit->path == "/system.slice/backup.service");
}

TEST_CASE("a cgroup is below a path only at a slash", "[top]") {
  CHECK(is_below("/a/b", "/a"));
  CHECK(is_below("/a", "/"));
  CHECK(!is_below("/ab", "/a"));
  CHECK(!is_below("/", "/a"));
}

TEST_CASE("following keeps the cursor on a process; else it keeps its place", "[top]") {
  TopState state = state_with(synthetic::snapshot());
  press(state, U"jF");
  CHECK(state.selected_line()->process->id.pid == 10);
  press(state, U"M");
  CHECK(state.selected_line()->process->id.pid == 10);
  press(state, U"F");
  Snapshot without = synthetic::snapshot();
  without.processes.resize(2);
  accept_snapshot(state, synthetic::shared(std::move(without)));
  settle(state);
  CHECK(state.cursor == 1);
}

TEST_CASE("pause keeps what is shown while history goes on", "[top]") {
  TopState state = state_with(synthetic::snapshot());
  const auto shown = state.snapshot;
  press(state, U" ");
  accept_snapshot(state, synthetic::shared(synthetic::snapshot()));
  settle(state);
  CHECK(state.snapshot == shown);
  CHECK(state.history.find(shown->processes[0].id)->cpu_percent.size() == 2);
  press(state, U" ");
  CHECK(state.snapshot == state.newest);
}

TEST_CASE("history is a minute long and forgets who is gone", "[top]") {
  History history;
  Snapshot now = synthetic::snapshot();
  for (int i = 0; i < 100; ++i) history.add(now);
  const auto* series = history.find(now.processes[0].id);
  REQUIRE(series);
  CHECK(series->cpu_percent.size() == History::kLength);
  CHECK(series->cpu_percent.back() == 50);
  const ProcessId gone = now.processes.back().id;
  now.processes.pop_back();
  history.add(now);
  CHECK(history.find(gone) == nullptr);
}

TEST_CASE("the interval is checked when it is typed", "[top]") {
  TopState state = state_with(synthetic::snapshot());
  press(state, U"ssoon");
  handle_key(state, {KeyName::kEnter});
  CHECK(state.interval_seconds == 1);
  CHECK(state.message.find("not a duration") != std::string::npos);
  press(state, U"s250ms");
  handle_key(state, {KeyName::kEnter});
  CHECK(state.interval_seconds == 0.25);
}

TEST_CASE("every key is safe in every pane, before the first snapshot too", "[top]") {
  const auto press_all = [](TopState& state) {
    for (int round = 0; round < 3; ++round) {
      for (const Binding& binding : bindings()) {
        handle_key(state, binding.key);
        handle_key(state, binding.other);
        handle_key(state, {KeyName::kEscape});
      }
      for (int name = 0; name <= static_cast<int>(KeyName::kBackspace); ++name)
        handle_key(state, {static_cast<KeyName>(name), U'x'});
    }
  };
  TopState empty;
  settle(empty);
  press_all(empty);
  TopState state = state_with(synthetic::snapshot());
  press_all(state);
  CHECK(state.quit);
}

TEST_CASE("no key means two things", "[top]") {
  std::vector<Key> seen;
  for (const Binding& binding : bindings())
    for (const Key key : {binding.key, binding.other}) {
      if (key == Key{}) continue;
      CHECK(std::count(seen.begin(), seen.end(), key) == 0);
      seen.push_back(key);
    }
}

}  // namespace culprit
