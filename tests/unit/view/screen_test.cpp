// SPDX-License-Identifier: Apache-2.0
#include "view/screen.h"

#include <sstream>

#include "catch.h"
#include "synthetic.h"
#include "view/glyph.h"
#include "view/keys.h"
#include "view/panes.h"

namespace culprit {
namespace {

TopState state_with(Snapshot now, int width = 80, int height = 24) {
  TopState state;
  state.width = width;
  state.height = height;
  accept_snapshot(state, synthetic::shared(std::move(now)));
  settle(state);
  return state;
}

bool shows(const std::string& text, std::string_view part) {
  const bool found = text.find(part) != std::string::npos;
  UNSCOPED_INFO((found ? "" : "no ") << part << " in\n" << text);
  return found;
}

void press(TopState& state, char32_t character) {
  handle_key(state, {KeyName::kCharacter, character});
}

std::vector<std::string_view> titles(View view, int width) {
  std::vector<std::string_view> found;
  for (const PlacedColumn& place : place_columns(view, {}, width))
    found.push_back(place.column->title);
  return found;
}

}  // namespace

TEST_CASE("80x24: the header says how the host is, the table who", "[screen]") {
  const std::string text = draw_screen(state_with(synthetic::snapshot())).text();
  for (const std::string_view part :
       {"web-1", "load 2.50 1.50 0.50", "cpu0", "95.0%", "75.0%", "6.0G of 8.0G", "no swap",
        "run queue p99 3.2ms", "queued 40.0%", "nvme0n1  12.0%", "rd 1.0M/s", "lost 0", "PID USER",
        "CPU%▾ RUNQ%", "postgres --ser…", "1-4 of 4", "? help"})
    CHECK(shows(text, part));
}

TEST_CASE("narrow screens lose the least important columns first", "[screen]") {
  using Titles = std::vector<std::string_view>;
  CHECK(titles(View::kProcesses, 120) == Titles{"PID", "USER", "UNIT", "CLASS", "CPU%", "RUNQ%",
                                                "BLK%", "RES", "ΔRES/h", "RD/s", "WR/s", "RX/s",
                                                "TX/s", "TIME+", "COMMAND"});
  CHECK(titles(View::kProcesses, 80) ==
        Titles{"PID", "USER", "UNIT", "CPU%", "RUNQ%", "BLK%", "RES", "ΔRES/h", "COMMAND"});
  CHECK(titles(View::kProcesses, 40) == Titles{"PID", "CPU%", "RUNQ%", "COMMAND"});
}

TEST_CASE("columns never overlap and the last keeps its room", "[screen]") {
  for (const View view : kEveryView)
    for (int width = 20; width <= 250; ++width) {
      int end = 0;
      const auto placed = place_columns(view, {}, width);
      for (const PlacedColumn& place : placed) {
        CHECK(place.start >= end);
        end = place.start + place.width;
      }
      CHECK(end <= width);
      if (width >= 60) CHECK(placed.back().width >= traits_of(view).last_column_width);
    }
}

TEST_CASE("what the user chose goes before what top would show", "[screen]") {
  const ColumnChoice choice = {{"nice", true}, {"user", false}};
  bool nice = false, user = false;
  for (const PlacedColumn& place : place_columns(View::kProcesses, choice, 60)) {
    nice |= place.column->id == "nice";
    user |= place.column->id == "user";
  }
  CHECK(nice);
  CHECK(!user);
}

TEST_CASE("every pane is drawn at any size", "[screen]") {
  for (const int width : {1, 20, 39, 80, 120, 250})
    for (const int height : {1, 3, 8, 12, 24, 60})
      for (const char32_t key : U"12?c\r") {
        TopState state = state_with(synthetic::snapshot(), width, height);
        if (key == U'\r')
          handle_key(state, {KeyName::kEnter});
        else if (key)
          press(state, key);
        const Canvas canvas = draw_screen(state);
        CHECK(canvas.width() == width);
        CHECK(canvas.height() == height);
      }
}

TEST_CASE("absent is a dash and never a zero", "[screen]") {
  Snapshot now = synthetic::snapshot();
  now.collector.bpf = false;
  now.system.run_queue_latency.reset();
  now.system.run_queue_seconds.reset();
  now.processes.resize(1);
  now.processes[0].usage.run_queue_seconds.reset();
  now.processes[0].usage.blocked_seconds.reset();
  now.processes[0].memory.reset();
  const std::string text = draw_screen(state_with(std::move(now))).text();
  CHECK(shows(text, "run queue p99 -  queued -"));
  CHECK(shows(text, "50.0      -      -     -      - gunicorn --ser…"));
  CHECK(shows(text, "without BPF"));
}

TEST_CASE("losses, late numbers and missing probes are told", "[screen]") {
  Snapshot now = synthetic::snapshot();
  now.collector.events_lost = 12;
  now.collector.lost_by_cause = {{"ring_full", 12}};
  ProbeRow probe;
  probe.name = "block";
  probe.state = ProbeState::kUnavailable;
  now.collector.probes = {probe, probe};
  TopState state = state_with(std::move(now), 120);
  state.late_seconds = 4;
  const std::string text = draw_screen(state).text();
  CHECK(shows(text, "numbers are 4s late · lost 12 ring_full · missing: block (culprit doctor"));
}

TEST_CASE("beyond 16 CPUs each is one glyph, folded where they do not fit", "[screen]") {
  Snapshot now = synthetic::snapshot();
  now.system.cpu_utilization.assign(192, 0.1);
  now.system.cpu_utilization[100] = 1;
  const std::string text = draw_screen(state_with(now)).line(1);
  CHECK(shows(text, "█"));
  CHECK(shows(text, "1 of 192 busy, 4 a cell"));
  now.system.cpu_utilization.resize(16);
  CHECK(shows(draw_screen(state_with(now, 160, 40)).text(), "cpu15"));
}

TEST_CASE("a process is explained: who, when, where its time went, who delayed it", "[screen]") {
  TopState state = state_with(synthetic::snapshot(), 100, 40);
  handle_key(state, {KeyName::kEnter});
  std::string text = draw_screen(state).text();
  for (const std::string_view part :
       {"20 /usr/bin/postgres --serve", "unit postgres.service", "CPU 90.0%, at most 90.0%",
        "waited for a CPU    22.5%", "blocked: lock        0.4%", "asleep or idle       121%",
        "77 backup", "12.0%", "Threads that did anything"})
    CHECK(shows(text, part));
  Snapshot without = synthetic::snapshot();
  without.processes.erase(without.processes.begin() + 1);
  accept_snapshot(state, synthetic::shared(std::move(without)));
  settle(state);
  CHECK(shows(draw_screen(state).text(), "20 has ended"));
  press(state, U'q');
  CHECK(state.pane == Pane::kTable);
  CHECK(!state.quit);
}

TEST_CASE("help lists what every key does, within 80x24", "[screen]") {
  TopState state = state_with(synthetic::snapshot());
  press(state, U'?');
  const std::string text = draw_screen(state).text();
  for (const Binding& binding : bindings()) CHECK(shows(text, binding.help));
}

TEST_CASE("how a process ended comes before its command", "[screen]") {
  ProcessRow row = synthetic::process(1, "job", 0);
  CHECK(describe_command(row) == "/usr/bin/job --serve");
  row.exited = Exited{0, std::nullopt};
  CHECK(describe_command(row) == "[ended] /usr/bin/job --serve");
  row.exited = Exited{3, std::nullopt};
  CHECK(describe_command(row) == "[exit 3] /usr/bin/job --serve");
  row.exited = Exited{std::nullopt, 9};
  CHECK(describe_command(row) == "[signal 9] /usr/bin/job --serve");
  row.oom_killed = OomKilled{};
  CHECK(describe_command(row) == "[OOM killed] /usr/bin/job --serve");
  row = ProcessRow{};
  row.name = "kswapd0";
  row.kernel_thread = true;
  CHECK(describe_command(row) == "[kswapd0]");
}

TEST_CASE("the table leaves out directories of programs and the word service", "[screen]") {
  ProcessRow row = synthetic::process(1, "job", 0);
  const Line line{.process = &row};
  const auto shown = [&](std::string_view id) {
    return find_column(View::kProcesses, id)->text(line, 1);
  };
  CHECK(shown("command") == "job --serve");
  CHECK(shown("unit") == "job");
  row.command = "/opt/a/b -x /c/d";
  row.exited = Exited{3, std::nullopt};
  row.unit = "user-1.slice";
  CHECK(shown("command") == "[exit 3] b -x /c/d");
  CHECK(shown("unit") == "user-1.slice");
  for (const char* odd : {"/", "/ x", "//", "", "/a/", "a /b"}) {
    row.exited.reset();
    row.command = odd;
    CHECK(shown("command") == (*odd ? odd : "job"));
  }
}

TEST_CASE("a hostile name does not break its row", "[screen]") {
  Snapshot now = synthetic::snapshot();
  now.processes[1].command = "\033]0;owned\a\r\n日本語\xff";
  now.processes[1].user = std::string(300, 'u');
  const std::string text = draw_screen(state_with(std::move(now), 120)).text();
  CHECK(text.find('\033') == std::string::npos);
  CHECK(text.find('\a') == std::string::npos);
  std::istringstream lines(text);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) CHECK(cell_count(line) <= 120);
  CHECK(count == 24);
}

TEST_CASE("a batch frame has the rows that did anything, up to a number", "[screen]") {
  TopState state;
  state.hide_idle = true;
  state.height = 60;
  CHECK(shows(draw_batch_frame(state, 30, true), "on their way"));
  accept_snapshot(state, synthetic::shared(synthetic::snapshot()));
  std::string text = draw_batch_frame(state, 30, true);
  CHECK(shows(text, "postgres"));
  CHECK(!shows(text, "cron"));
  CHECK(text.back() == '\n');
  text = draw_batch_frame(state, 1, false);
  CHECK(!shows(text, "gunicorn"));
  CHECK(std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || (c & 0x80) == 0; }));
}

}  // namespace culprit
