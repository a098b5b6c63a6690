// SPDX-License-Identifier: Apache-2.0
#include "catch.h"
#include "synthetic_calls.h"
#include "view/keys.h"
#include "view/lines.h"
#include "view/screen.h"

using namespace culprit;

namespace {

/// One critical finding with advice, one that is information.
Judgement two_findings() {
  Judgement judgement;
  Finding worst;
  worst.id = "db.n_plus_one";
  worst.severity = Severity::kCritical;
  worst.category = "db";
  worst.target = {TargetKind::kQuery, "SELECT a FROM t WHERE id = ?", {}, {}, "00ab"};
  worst.victims = {{TargetKind::kEndpoint, "GET /page", 7, 70, {}}};
  worst.summary = "GET /page asks the same query 60 times";
  worst.confidence = 0.95;
  worst.evidence = {{"request_query.calls_per_request", 60, 50, ""},
                    {"request_query.call_seconds", 0.02, {}, "seconds"}};
  worst.explains = {"http.slow_endpoint"};
  Finding mild;
  mild.id = "cpu.saturated";
  mild.summary = "CPUs are 99 % used";
  mild.target.name = "host-1";
  judgement.findings = {worst, mild};
  Recommendation advice;
  advice.finding = worst.id;
  advice.target = worst.target;
  advice.description = "It asks one by one";
  advice.actions = {"Ask once for all of them"};
  advice.expected_impact = "Saves 1.8 s a request";
  judgement.recommendations = {advice};
  judgement.score = {84, {}};
  return judgement;
}

TopState state_with(std::optional<Judgement> judgement, int width = 100) {
  Snapshot now = synthetic::snapshot_with_calls();
  now.judgement = std::move(judgement);
  TopState state;
  state.width = width;
  state.height = 40;
  accept_snapshot(state, synthetic::shared(std::move(now)));
  settle(state);
  return state;
}

void press(TopState& state, char32_t character) {
  handle_key(state, {KeyName::kCharacter, character});
}

bool shows(const TopState& state, std::string_view part) {
  const std::string text = draw_screen(state).text();
  const bool found = text.find(part) != std::string::npos;
  UNSCOPED_INFO((found ? "" : "no ") << part << " in\n" << text);
  return found;
}

}  // namespace

TEST_CASE("the header tells the score and the worst in one line", "[findings]") {
  const TopState state = state_with(two_findings());
  CHECK(shows(state, "Score 84  critical and 1 more (9)  GET /page asks the same query 60 times"));
  CHECK(shows(state_with(Judgement{}), "Score 100  nothing is wrong"));
  CHECK_FALSE(draw_screen(state_with({})).text().find("Score") != std::string::npos);
}

TEST_CASE("the view of findings: worst first, explained by Enter, found by whom they harm",
          "[findings]") {
  TopState state = state_with(two_findings());
  press(state, U'9');
  REQUIRE(state.lines.size() == 2);
  CHECK(state.lines[0].finding->id == "db.n_plus_one");
  CHECK(shows(state, "critical db.n_plus_one"));
  CHECK(line_matches(state.lines[0], "/PAGE"));
  CHECK_FALSE(line_matches(state.lines[1], "/PAGE"));
  handle_key(state, {KeyName::kEnter});
  for (const char* part :
       {"db.n_plus_one  query SELECT a FROM t WHERE id = ?", "Suffers: endpoint GET /page",
        "Explains: http.slow_endpoint", "- Ask once for all of them", "Saves 1.8 s a request",
        "request_query.calls_per_request", "confidence 0.95"})
    CHECK(shows(state, part));
}

TEST_CASE("a host without findings says so, and a finding that went is told", "[findings]") {
  TopState state = state_with(Judgement{});
  press(state, U'9');
  CHECK(shows(state, "nothing is wrong"));
  state = state_with(two_findings());
  press(state, U'9');
  handle_key(state, {KeyName::kEnter});
  Snapshot later = synthetic::snapshot_with_calls();
  later.judgement = Judgement{};
  accept_snapshot(state, synthetic::shared(std::move(later)));
  settle(state);
  CHECK(shows(state, "this finding does not hold any more; Esc goes back"));
}
