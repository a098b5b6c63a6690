// SPDX-License-Identifier: Apache-2.0
#include "serve/json_action.h"

#include <nlohmann/json.hpp>

#include "act/lease_action.h"
#include "catch.h"
#include "serve/json_offer.h"

using namespace culprit;

namespace {

Lease whole_lease() {
  Lease lease;
  lease.id = "r01234567";
  lease.target = {"process", "batch", 12, 34};
  lease.by = "auto";
  lease.victim = "web (7)";
  lease.knob = "cpu weight";
  lease.old_text = "cpu.shares 1024";
  lease.new_text = "cpu.shares 102";
  lease.undo_text = "culprit revert r01234567";
  lease.reason = "it is in the way";
  lease.applied_wall_ns = 1'700'000'000'000'000'000;
  lease.deadline_wall_ns = lease.applied_wall_ns + 300'000'000'000;
  lease.expected = {"web: p95 from 50 to 20 ms", 0.4};
  lease.guards = {"protected", "young"};
  lease.overridden = {"batch (12) is younger than 3 s (young)"};
  lease.verdict = "helped";
  lease.verdict_because = "p95 50 ms before, 10 ms after";
  lease.measured = MeasuredImpact{0.05, 0.01, 10, 9, 0.001};
  ValueChange change;
  change.place.directory = "/sys/fs/cgroup/a";
  change.place.file = "cpu.shares";
  change.old_value = "1024";
  change.intended = change.applied.emplace("102");
  lease.changes.assign(25, change);
  return lease;
}

}  // namespace

TEST_CASE("an action is written with each member that is told of, and read back", "[act]") {
  Lease lease = whole_lease();
  SECTION("in force") {}
  SECTION("ended") {
    lease.closed_because = "its time was over";
    lease.closed_wall_ns = lease.deadline_wall_ns;
    lease.changes[0].undone = Undone{UndoOutcome::kForeign, "7"};
  }
  SECTION("of which little is known") {
    lease = Lease();
    lease.id = "r1";
  }
  const Action action = action_of(lease);
  const std::string text = action_json(action);
  const auto json = nlohmann::json::parse(text);
  CHECK(json.size() == action_members().size());
  for (const ActionMember& member : action_members()) CHECK(json.contains(std::string(member.id)));
  const auto back = parse_action(text);
  REQUIRE(back);
  CHECK(action_json(*back) == text);
}

TEST_CASE("impact is told as expected and as achieved", "[act]") {
  const auto json = nlohmann::json::parse(action_json(action_of(whole_lease())));
  CHECK(json["expected_p95_ratio"] == 0.4);
  CHECK(json["achieved_p95_ratio"] == Approx(0.2));
  CHECK(json["measured"]["before_intervals"] == 10);
  CHECK(json["consent"] == "auto");
  CHECK(json["changes"].size() == 20);
  CHECK(json["changes_left_out"] == 5);
  CHECK(json["changes"][0]["place"] == "/sys/fs/cgroup/a/cpu.shares");
  CHECK(json["undo"] == "culprit revert r01234567");
}

TEST_CASE("what is no document of actions is told by pointer", "[act]") {
  CHECK(parse_actions("{}").error().message == "/actions: an array was expected");
  CHECK(parse_actions(R"({"actions":[7]})").error().message ==
        "/actions/0: an action was expected");
  CHECK(parse_actions(R"({"actions":[{"id":7}]})").error().message ==
        "/actions/0/id: a text was expected");
  CHECK_FALSE(parse_action("\xff{"));
  CHECK(parse_actions(actions_json({action_of(whole_lease())}))->size() == 1);
}

TEST_CASE("actions that ended more than ten minutes ago are not told any more", "[act]") {
  Lease lease = whole_lease();
  lease.closed_because = "its time was over";
  lease.closed_wall_ns = 1'000'000'000'000;
  const std::vector<Action> actions = {action_of(lease), action_of(whole_lease())};
  CHECK(recent_actions(actions, lease.closed_wall_ns + 599'000'000'000).size() == 2);
  CHECK(recent_actions(actions, lease.closed_wall_ns + 601'000'000'000).size() == 1);
}

TEST_CASE("an offer is read back", "[act]") {
  ThrottleOffer offer{1, 5, "process a", "cpu weight", "100", "10", "", {{"young", "it is", true}}};
  const auto back = parse_offer(offer_json(offer));
  REQUIRE(back);
  CHECK(offer_json(*back) == offer_json(offer));
  CHECK_FALSE(parse_offer("{}"));
  CHECK_FALSE(parse_offer("\xff"));
}
