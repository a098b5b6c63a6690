// SPDX-License-Identifier: Apache-2.0
#include "catch.h"
#include "synthetic_calls.h"
#include "view/call_words.h"
#include "view/keys.h"
#include "view/lines.h"
#include "view/screen.h"

namespace culprit {
namespace {

TopState state_with(Snapshot now, int width = 100, int height = 40) {
  TopState state;
  state.width = width;
  state.height = height;
  accept_snapshot(state, synthetic::shared(std::move(now)));
  settle(state);
  return state;
}

void press(TopState& state, std::u32string_view characters) {
  for (const char32_t character : characters) handle_key(state, {KeyName::kCharacter, character});
}

bool shows(const std::string& text, std::string_view part) {
  const bool found = text.find(part) != std::string::npos;
  UNSCOPED_INFO((found ? "" : "no ") << part << " in\n" << text);
  return found;
}

std::vector<std::string> texts(const TopState& state) {
  std::vector<std::string> found;
  for (const Line& line : state.lines)
    found.push_back(columns_of(state.view).back().text(line, state.snapshot->seconds));
  return found;
}

std::vector<std::string_view> titles(View view, int width) {
  std::vector<std::string_view> found;
  for (const PlacedColumn& place : place_columns(view, {}, width))
    found.push_back(place.column->title);
  return found;
}

std::string detail_of(View view, int width = 100, int downs = 0) {
  TopState state = state_with(synthetic::snapshot_with_calls(), width);
  state.view = view;
  settle(state);
  for (int i = 0; i < downs; ++i) handle_key(state, {KeyName::kDown});
  handle_key(state, {KeyName::kEnter});
  CHECK(state.pane == Pane::kDetail);
  return draw_screen(state).text();
}

using Texts = std::vector<std::string>;
using Titles = std::vector<std::string_view>;

}  // namespace

TEST_CASE("every view has its key, its name, and Tab leads through all of them", "[calls]") {
  TopState state = state_with(synthetic::snapshot_with_calls());
  for (const View view : kEveryView) {
    CHECK(state.view == view);
    CHECK(view_named(traits_of(view).name) == view);
    const auto number = static_cast<char32_t>(view);
    press(state, std::u32string(1, U'1' + (number + 1) % kViews));
    press(state, std::u32string(1, U'1' + number));
    CHECK(state.view == view);
    handle_key(state, {KeyName::kTab});
  }
  CHECK(state.view == View::kProcesses);
  CHECK(!view_named("nothing"));
}

TEST_CASE("every column that a view shows at first exists, and so does its order", "[calls]") {
  for (const View view : kEveryView) {
    const ViewTraits& traits = traits_of(view);
    for (const ColumnPlace& place : traits.columns) {
      INFO(traits.name << " " << place.id);
      REQUIRE(find_column(view, place.id));
      CHECK(!find_column(view, place.id)->title.empty());
    }
    CHECK(columns_of(view).back().id == traits.columns.back().id);
    CHECK(find_column(view, traits.sort));
  }
}

TEST_CASE("the views of calls fit 80 columns and use 120", "[calls]") {
  CHECK(titles(View::kQueries, 80) ==
        Titles{"SYS", "CALLS/s", "ERR/s", "TIME%", "P95", "P99", "QUERY"});
  CHECK(titles(View::kQueries, 120) == Titles{"SYS", "CALLS/s", "ERR/s", "TIME%", "P50", "P95",
                                              "P99", "SRV%", "PICK%", "STRM%", "ROWS/s", "QUERY"});
  CHECK(titles(View::kEndpoints, 80) ==
        Titles{"NAME", "REQ/s", "ERR/s", "P95", "C/REQ", "METHOD", "ROUTE"});
  CHECK(titles(View::kDatabases, 80) ==
        Titles{"SYS", "OPS/s", "ERR/s", "P95", "P99", "CONNS", "BUSY", "PEAK", "ADDRESS"});
  CHECK(titles(View::kServices, 80) ==
        Titles{"PROTO", "CONN/s", "FAIL/s", "REQ/s", "ERR/s", "P95", "P99", "OK", "ADDRESS"});
}

TEST_CASE("queries: rates, durations in fitting units, what took most time first", "[calls]") {
  TopState state = state_with(synthetic::snapshot_with_calls(), 120);
  press(state, U"4");
  const std::string text = draw_screen(state).text();
  for (const std::string_view part :
       {"TIME%▾", "postgresql     100      2    120   9.6ms    24ms    48ms   78.0   36.0    6.0",
        "1.2k SELECT id, total", "redis           50      0   20.0", "GET session:?",
        "SELECT (text not seen", "queries 1-3 of 3"})
    CHECK(shows(text, part));
  press(state, U"C");
  CHECK(state.sort().id == "calls");
  press(state, U"E");
  CHECK(state.sort().id == "errors");
  press(state, U"Lr");
  CHECK(state.sort().id == "latency.p95_seconds");
  CHECK(texts(state).front() == "GET session:?");
  press(state, U"1");
  CHECK(state.sort().id == "cpu_cores");
}

TEST_CASE("the filter knows texts, addresses, callers and routes", "[calls]") {
  TopState state = state_with(synthetic::snapshot_with_calls());
  const auto count = [&](View view, const std::string& filter) {
    state.view = view;
    state.filter = filter;
    settle(state);
    return state.lines.size();
  };
  CHECK(count(View::kQueries, "SESSION") == 1);
  CHECK(count(View::kQueries, "redis") == 1);
  CHECK(count(View::kQueries, "10.0.0.5") == 2);
  CHECK(count(View::kQueries, "gunicorn") == 3);
  CHECK(count(View::kQueries, "reaper") == 1);
  CHECK(count(View::kQueries, "{id}/orders") == 2);
  CHECK(count(View::kQueries, "shop") == 1);
  CHECK(count(View::kEndpoints, "get /users") == 1);
  CHECK(count(View::kEndpoints, "gunicorn") == 2);
  CHECK(count(View::kDatabases, "6379") == 1);
  CHECK(count(View::kDatabases, "postgres (") == 0);
  CHECK(count(View::kServices, "http") == 1);
  CHECK(count(View::kServices, "nobody") == 0);
}

TEST_CASE("one user's calls are those that his processes take part in", "[calls]") {
  Snapshot now = synthetic::snapshot_with_calls();
  now.processes[0].user = "web";
  now.queries[2].callers = {{synthetic::name_of(now.processes[3]), {}, {}, 1, 0.1}};
  TopState state = state_with(std::move(now));
  state.user = "web";
  press(state, U"4");
  CHECK(state.lines.size() == 2);
  press(state, U"5");
  CHECK(state.lines.size() == 2);
  state.user = "root";
  press(state, U"4");
  CHECK(texts(state) == Texts{"GET session:?"});
}

TEST_CASE("what is idle on the wire can be hidden, what fails cannot", "[calls]") {
  Snapshot now = synthetic::snapshot_with_calls();
  now.databases[1].operations = 0;
  now.services[0].requests = 0;
  now.services[1].connects = 0;
  TopState state = state_with(std::move(now));
  press(state, U"i6");
  CHECK(texts(state) == Texts{"10.0.0.5:5432"});
  press(state, U"7");
  CHECK(texts(state) == Texts{"203.0.113.9:25"});
}

TEST_CASE("a followed query keeps the cursor while its place changes", "[calls]") {
  TopState state = state_with(synthetic::snapshot_with_calls());
  press(state, U"4jjF");
  REQUIRE(state.selected_line()->query->id == 0xdef);
  Snapshot next = synthetic::snapshot_with_calls();
  next.queries[2].seconds = 9;
  accept_snapshot(state, synthetic::shared(std::move(next)));
  settle(state);
  CHECK(state.cursor == 0);
  CHECK(state.selected_line()->query->id == 0xdef);
}

TEST_CASE("columns are chosen for each view by itself", "[calls]") {
  TopState state = state_with(synthetic::snapshot_with_calls(), 120);
  press(state, U"4c ");
  handle_key(state, {KeyName::kEnter});
  CHECK(!shows(draw_screen(state).text(), "SYS "));
  press(state, U"6");
  CHECK(shows(draw_screen(state).text(), "SYS "));
}

TEST_CASE("a query is explained: text, parts, backend, errors, callers", "[calls]") {
  const std::string text = detail_of(View::kQueries);
  for (const std::string_view part :
       {"postgresql at 10.0.0.5:5432, database shop, query 0000000000000abc",
        "SELECT id, total, created_at FROM orders WHERE customer_id = ? AND state IN (?)",
        "created_at DESC LIMIT ?",
        "calls 100/s",
        "errors 2/s",
        "time 120%",
        "rows per call 12",
        "sent 120 per call",
        "got 4.2K",
        "p50 9.6ms  p95 24ms  p99 48ms  max 120ms",
        "the backend waited 43 % of the time for a CPU",
        "replies lay unread for 30 % of the time: the caller was busy",
        "server ",
        "7.8ms  65 %",
        "pickup by caller",
        "3.6ms  30 %",
        "600us  5.0 %",
        "The backend, in 100 % of the calls",
        "waited for a CPU      3.4ms  43 %",
        "57014 2/s",
        "75 gunicorn (10) GET /users/{id}",
        "25 gunicorn (10) in reaper"})
    CHECK(shows(text, part));
  CHECK(shows(detail_of(View::kQueries, 100, 1), "replies of this connection are not seen"));
}

TEST_CASE("an endpoint is explained by its answers and its queries", "[calls]") {
  const std::string text = detail_of(View::kEndpoints);
  for (const std::string_view part :
       {"GET /users/{id}/orders  answered by gunicorn (10)", "requests 40/s", "errors 1/s",
        "calls per request 3.1", "certain for 98 % of them", "response 5.2K", "p95 100ms",
        "2xx 39/s  5xx 1/s", "75   90.0   24ms  7.8ms  3.6ms  600us   43.0% SELECT id",
        "GET session:?"})
    CHECK(shows(text, part));
  CHECK(!shows(text, "text not seen"));
  CHECK(shows(detail_of(View::kEndpoints, 100, 1), "text not seen"));
}

TEST_CASE("a database is explained by its transactions and pools", "[calls]") {
  std::string text = detail_of(View::kDatabases);
  for (const std::string_view part :
       {"postgresql at 10.0.0.5:5432  served by postgres (20)", "operations 200/s", "ended 20/s",
        "statements each 3", "idle 25 %", "open now 1", "the longest for 3.5s",
        "20    1.7     6        2        1     1 gunicorn (10)"})
    CHECK(shows(text, part));
  text = detail_of(View::kDatabases, 100, 1);
  CHECK(shows(text, "hit ratio 90 %  hits 45/s  misses 5/s"));
  CHECK(shows(text, "the protocol does not tell"));
}

TEST_CASE("a service is explained by its health and its users", "[calls]") {
  const std::string text = detail_of(View::kServices, 100, 1);
  for (const std::string_view part :
       {"tcp at 203.0.113.9:25", "not healthy", "connects 3/s", "failed 2", "silent for 2.5s",
        "Latency of connects  p50 24ms", "gunicorn (10)"})
    CHECK(shows(text, part));
}

TEST_CASE("a process is explained with its calls", "[calls]") {
  const std::string text = detail_of(View::kProcesses, 100, 1);
  for (const std::string_view part :
       {"calls 250/s  each 7.6ms  failed 2/s  answered 50/s  p95 80ms  with errors 1/s",
        "Queries it asked for", "100    120   24ms", "Endpoints it answers",
        "GET /users/{id}/orders", "Its connections to databases",
        "gunicorn (10) to redis at 10.0.0.6:6379", "Threads that did anything"})
    CHECK(shows(text, part));
  CHECK(!shows(detail_of(View::kProcesses), "Queries it asked for"));
}

TEST_CASE("in a pane one goes on to the next row, and is told when a row has gone", "[calls]") {
  TopState state = state_with(synthetic::snapshot_with_calls());
  press(state, U"4");
  handle_key(state, {KeyName::kEnter});
  handle_key(state, {KeyName::kDown});
  CHECK(shows(draw_screen(state).text(), "text not seen"));
  Snapshot next = synthetic::snapshot_with_calls();
  next.queries.clear();
  accept_snapshot(state, synthetic::shared(std::move(next)));
  settle(state);
  CHECK(shows(draw_screen(state).text(), "this query was not used; Esc goes back"));
  handle_key(state, {KeyName::kEscape});
  CHECK(shows(draw_screen(state).text(), "no database or cache traffic in this interval"));
}

TEST_CASE("why there are no calls is told in one line", "[calls]") {
  Snapshot now = synthetic::snapshot();
  const auto told = [&] {
    TopState state = state_with(now);
    press(state, U"5i");
    return draw_screen(state).text();
  };
  CHECK(shows(told(), "calls are not seen: their probes were not loaded"));
  now.collector.probes = {
      synthetic::call_probe(ProbeState::kUnavailable, "the kernel has no fexit")};
  CHECK(shows(told(), "calls are not seen: the kernel has no fexit"));
  now.collector.probes.push_back(synthetic::call_probe(ProbeState::kAttached, ""));
  CHECK(shows(told(), "no HTTP request was answered in this interval"));
  now.collector.probes.clear();
  now.collector.bpf = false;
  CHECK(shows(told(), "calls are not seen: without BPF"));
}

TEST_CASE("panes of calls are drawn at any size", "[calls]") {
  for (const int width : {1, 20, 39, 80, 120, 250})
    for (const int height : {1, 3, 8, 12, 24, 60})
      for (const char32_t key : U"1234567") {
        if (key == 0) continue;
        TopState state = state_with(synthetic::snapshot_with_calls(), width, height);
        press(state, std::u32string(1, key) + U"j");
        handle_key(state, {KeyName::kEnter});
        CHECK(draw_screen(state).width() == width);
        press(state, U"c");
        CHECK(draw_screen(state).height() == height);
      }
}

TEST_CASE("what the backend did is one sentence", "[calls]") {
  CHECK(!backend_sentence(std::nullopt));
  CHECK(!backend_sentence(ServerView{}));
  CHECK(backend_sentence(ServerView{1, 1, 0.5, 0.43, 0.05}) ==
        "the backend waited 43 % of the time for a CPU");
  CHECK(backend_sentence(ServerView{1, 1, 0.1, 0.25, 0.6}) ==
        "the backend waited 60 % of the time for a disk");
  CHECK(backend_sentence(ServerView{1, 1, 0.9, 0.02, 0.05}) ==
        "the backend used a CPU 90 % of the time");
  CHECK(shows(backend_sentence(ServerView{1, 1, 0.1, 0.1, 0}).value_or(""), "blocked 80 %"));
}

TEST_CASE("text is wrapped at blanks, and amid a word where there is none", "[calls]") {
  CHECK(wrap("one two  three", 7) == Texts{"one two", "three"});
  CHECK(wrap("abcdefgh", 3) == Texts{"abc", "def", "gh"});
  CHECK(wrap("ab 日本語", 4) == Texts{"ab", "日本", "語"});
  CHECK(wrap("", 4).empty());
  CHECK(wrap("  x", 0) == Texts{" ", "x"});
}

}  // namespace culprit
