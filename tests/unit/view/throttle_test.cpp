// SPDX-License-Identifier: Apache-2.0
#include "catch.h"
#include "synthetic.h"
#include "view/action_report.h"
#include "view/header.h"
#include "view/keys.h"
#include "view/screen.h"
#include "view/throttle_pane.h"

namespace culprit {
namespace {

Action held(const std::string& id) {
  Action action;
  action.id = id;
  action.mode = "auto";
  action.state = "active";
  action.target = {"process", "backup", 40, 40'000'000};
  action.victim = "gunicorn (10)";
  action.knob = "cpu weight";
  action.old_text = "cpu.shares 1024";
  action.new_text = "weight 10";
  action.applied_wall_ns = 1'700'000'000'000'000'000 - 60'000'000'000;
  action.deadline_wall_ns = *action.applied_wall_ns + 300'000'000'000;
  return action;
}

TopState state_with_actions(const std::vector<Action>& actions) {
  Snapshot now = synthetic::snapshot();
  now.actions = actions;
  TopState state;
  state.width = 110;
  state.height = 30;
  accept_snapshot(state, synthetic::shared(std::move(now)));
  settle(state);
  return state;
}

void type(TopState& state, std::u32string_view keys) {
  for (const char32_t key : keys) handle_key(state, {KeyName::kCharacter, key});
}

bool is_shown(const TopState& state, const std::string& text) {
  return draw_screen(state).text().find(text) != std::string::npos;
}

ThrottleOffer offer(int step = 0) {
  return {step, 5, "process postgres", "cpu weight", "cpu.shares 1024", "weight 10", "", {}};
}

}  // namespace

TEST_CASE("what is in force has a line each in the header, two at most", "[top]") {
  CHECK_FALSE(is_shown(state_with_actions({}), "Held"));
  Action judged = held("r2");
  judged.verdict = "helped";
  judged.measured = MeasuredImpact{0.05, 0.01, 10, 10, 0.001};
  TopState state = state_with_actions({held("r1"), judged});
  CHECK(is_shown(state,
                 "Held backup: cpu weight: weight 10, for gunicorn (10), 4m left, helped "
                 "(p95 -80%)"));
  CHECK(is_shown(state, "no verdict yet"));
  CHECK_FALSE(is_shown(state, "more (U)"));
  const int rows = header_rows(state);
  state = state_with_actions({held("r1"), held("r2"), held("r3")});
  CHECK(is_shown(state, "+1 more (U)"));
  CHECK(header_rows(state) == rows);
  Action ended = held("r4");
  ended.state = "ended";
  CHECK(header_rows(state_with_actions({ended})) == rows - 2);
}

TEST_CASE("t proposes a throttle, and y asks for it", "[top]") {
  TopState state = state_with_actions({});
  type(state, U"t");
  CHECK(state.pane == Pane::kThrottle);
  REQUIRE(state.to_ask.size() == 1);
  CHECK(state.to_ask[0].kind == DeskRequest::Kind::kOffer);
  CHECK(state.to_ask[0].wish.process.pid == 20);
  CHECK(is_shown(state, "process postgres (20)"));
  type(state, U"y");
  CHECK(state.pane == Pane::kThrottle);  // what would be done is not known yet
  accept_news(state, {offer(), ""});
  CHECK(is_shown(state, "cpu weight: weight 10"));
  CHECK(is_shown(state, "cpu.shares 1024"));
  handle_key(state, {KeyName::kUp});
  CHECK(is_shown(state, "10m"));
  handle_key(state, {KeyName::kRight});
  CHECK(state.to_ask.back().wish.step == 1);
  accept_news(state, {offer(1), ""});
  type(state, U"y");
  CHECK(state.pane == Pane::kTable);
  CHECK(state.to_ask.back().kind == DeskRequest::Kind::kThrottle);
  CHECK(state.to_ask.back().wish.step == 1);
  CHECK(state.to_ask.back().wish.duration == std::chrono::minutes(10));
  CHECK(state.to_ask.back().wish.knob == "cpu weight");
  accept_news(state, {std::nullopt, "r1: held"});
  CHECK(is_shown(state, "r1: held"));
}

TEST_CASE("what speaks against a throttle is shown, and y is not enough", "[top]") {
  TopState state = state_with_actions({});
  type(state, U"t");
  ThrottleOffer against = offer();
  against.objections = {{"database", "postgres (20) is a database server", false}};
  SECTION("what a person's word lifts") {
    accept_news(state, {against, ""});
    CHECK(is_shown(state, "Against it: postgres (20) is a database server (database)"));
    type(state, U"y");
    CHECK(state.pane == Pane::kThrottle);
    type(state, U"!");
    CHECK(state.to_ask.back().kind == DeskRequest::Kind::kThrottle);
    CHECK(state.to_ask.back().wish.force);
  }
  SECTION("what nothing lifts") {
    against.objections[0].absolute = true;
    accept_news(state, {against, ""});
    CHECK(is_shown(state, "Never: "));
    type(state, U"!");
    CHECK(state.pane == Pane::kThrottle);
    CHECK(state.to_ask.size() == 1);
  }
  SECTION("what would have no effect") {
    against.impossible = "others are in its cgroup, too";
    accept_news(state, {against, ""});
    CHECK(is_shown(state, "It would have no effect: others"));
    type(state, U"!");
    CHECK(state.to_ask.size() == 1);
  }
  SECTION("it cannot even be asked") {
    accept_news(state, {std::nullopt, "not permitted: only root changes anything"});
    CHECK(state.pane == Pane::kTable);
    CHECK(is_shown(state, "not permitted: only root"));
    return;
  }
  type(state, U"n");
  CHECK(state.pane == Pane::kTable);
}

TEST_CASE("U undoes the newest or the chosen one", "[top]") {
  TopState state = state_with_actions({});
  type(state, U"U");
  CHECK(state.message == "nothing is throttled");
  state = state_with_actions({held("r1"), held("r2")});
  type(state, U"U");
  CHECK(is_shown(state, "> r2"));
  SECTION("the newest") {
    type(state, U"y");
    CHECK(state.to_ask.back().id == "r2");
  }
  SECTION("an older one") {
    handle_key(state, {KeyName::kDown});
    CHECK(is_shown(state, "> r1"));
    type(state, U"y");
    CHECK(state.to_ask.back().id == "r1");
    CHECK(state.to_ask.back().kind == DeskRequest::Kind::kUndo);
  }
  SECTION("none") {
    type(state, U"n");
    CHECK(state.to_ask.empty());
  }
  CHECK(state.pane == Pane::kTable);
}

TEST_CASE("in a recording nothing is throttled, and queries cannot be", "[top]") {
  TopState state = state_with_actions({});
  state.desk_refusal = "this is a recording";
  type(state, U"t");
  CHECK(state.message == "this is a recording");
  state.desk_refusal.clear();
  type(state, U"3t");
  CHECK(state.message == "processes and tasks can be slowed: choose one");
}

TEST_CASE("an action is explained by what it rests on, what was written, what it brought",
          "[act]") {
  Action action = held("r1");
  action.consent = "auto";
  action.reasons = {"the victim's p95 is 50 ms\nabove 15"};
  action.guards = {"protected", "young"};
  action.changes = {{"/a/cpu.shares", "1024", "102", "102", ""}};
  action.expected = {"gunicorn: p95 from 50.0 to 20.0 ms (-60 %)", 0.4};
  action.verdict = "helped";
  action.verdict_because = "p95 50 ms before";
  action.measured = MeasuredImpact{0.05, 0.01, 10, 9, 0.001};
  const std::string text = action_report(action);
  for (const char* part :
       {"the victim's p95 is 50 ms?above 15", "asked: protected, young", "nothing spoke against it",
        "/a/cpu.shares: '1024' to '102'", "expected -60 %, achieved -80 % of the victim's p95",
        "helped: p95 50 ms before", "(median of 10 intervals)", "(of 9)"}) {
    INFO(part);
    CHECK(text.find(part) != std::string::npos);
  }
  CHECK(actions_report({action}).find("expected -60 %, achieved -80 %") != std::string::npos);
}

}  // namespace culprit
