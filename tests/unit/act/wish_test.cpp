// SPDX-License-Identifier: Apache-2.0
#include "act/wish.h"

#include "act/journal_record.h"
#include "catch.h"
#include "unit/act/scene.h"

using namespace culprit;

namespace {

/// The scene with a recommendation to slow the suspect.
Snapshot judged(Scene& scene) {
  Snapshot snapshot = scene.snapshot();
  Judgement& judgement = snapshot.judgement.emplace();
  Target target;
  target.kind = TargetKind::kProcess;
  target.name = "batch";
  target.pid = Scene::kSuspect.pid;
  target.start_time_ns = Scene::kSuspect.start_time_ns;
  Target victim = target;
  victim.name = "web";
  victim.pid = Scene::kVictim.pid;
  victim.start_time_ns = Scene::kVictim.start_time_ns;
  Finding finding;
  finding.id = "cpu.background_contention";
  finding.target = target;
  finding.victims = {victim};
  judgement.findings = {finding};
  Recommendation one;
  one.id = "cpu.background_contention@x";
  one.finding = finding.id;
  one.target = target;
  one.description = "slow it";
  one.expected_impact = "saves much";
  judgement.recommendations = {one};
  one.id = "advice@x";
  one.finding = "query.slow";
  judgement.recommendations.push_back(one);
  return snapshot;
}

RemedyPreview::Look says(HostOpinion opinion) {
  return [opinion](const ThrottleOrder&, const Snapshot&) { return opinion; };
}

ThrottleWish wish_for(const ProcessId& process) {
  ThrottleWish wish;
  wish.process = process;
  return wish;
}

}  // namespace

TEST_CASE("a recommendation tells what apply would do about it", "[act]") {
  Scene scene;
  RemedyPreview preview(says({"cpu.shares 1024", "cpu.shares 102", "", {}}));
  std::uint64_t now = 1'000'000'000'000;
  for (int second = 0; second < 40; ++second) {
    if (second == 25)
      scene.suspect_cores = 1.8, scene.p95_seconds = 0.05, scene.run_queue = 0.6, scene.blame = 0.5;
    Snapshot snapshot = judged(scene);
    preview.fill(snapshot, now += 1'000'000'000);
    if (second < 39) continue;
    const auto& all = snapshot.judgement->recommendations;
    CHECK_FALSE(all[1].action);
    REQUIRE(all[0].action);
    const Action& action = *all[0].action;
    CHECK(action.id == all[0].id);
    CHECK(action.state == "proposed");
    CHECK(action.consent == "auto");
    CHECK(action.victim == "web (100)");
    CHECK(action.old_text == "cpu.shares 1024");
    CHECK(action.new_text == "cpu.shares 102");
    CHECK(action.target.name == "batch.service");
    REQUIRE(action.expected.p95_ratio);
    CHECK(*action.expected.p95_ratio == Approx(0.34).margin(0.05));
  }
}

TEST_CASE("what speaks against a remedy is told in its place", "[act]") {
  Scene scene;
  scene.suspect_cores = 1;
  scene.suspect_class = Class::kUnknown;
  Snapshot snapshot = judged(scene);
  RemedyPreview preview(says({"", "", "no controller", {{"database", "is a database", false}}}));
  preview.fill(snapshot, 1'000'000'000'000);
  const Action& action = *snapshot.judgement->recommendations[0].action;
  CHECK(action.state == "vetoed");
  CHECK(action.consent == "ask");
  CHECK(action.reasons == std::vector<std::string>{"is a database", "no controller"});
}

TEST_CASE("of what is past neither old values nor vetoes are told", "[act]") {
  Scene scene;
  scene.suspect_cores = 1;
  Snapshot snapshot = judged(scene);
  RemedyPreview().fill(snapshot, 1'000'000'000'000);
  const Action& action = *snapshot.judgement->recommendations[0].action;
  CHECK(action.state == "proposed");
  CHECK(action.old_text.empty());
  CHECK(action.guards.empty());
  CHECK(action.expected.text == "saves much");
}

TEST_CASE("a setting of the kernel is the host's, and no process's", "[act]") {
  Scene scene;
  Snapshot snapshot = judged(scene);
  Recommendation& one = snapshot.judgement->recommendations[0];
  one.finding = "kernel.settings";
  one.target = {};
  one.actions = {"Set vm.swappiness=10: little is left to swap out"};
  RemedyPreview().fill(snapshot, 1'000'000'000'000);
  REQUIRE(one.action);
  CHECK(one.action->target.kind == "host");
  CHECK(one.action->consent == "ask");
}

TEST_CASE("the ladder begins with weights, and quotas fall to the floor", "[act]") {
  const auto ladder = ladder_for({1.0, 0}, 2);
  REQUIRE(ladder.size() == 7);
  CHECK(setting_text(ladder[0]) == "weight 10");
  CHECK(setting_text(ladder[1]) == "weight 1");
  CHECK(ladder[2].cpus == Approx(0.7));
  CHECK(ladder[3].cpus == Approx(0.49));
  CHECK(ladder[5].word == "idle");
  CHECK(ladder_for({0.01, 0}, 2).size() == 5);
}

TEST_CASE("who moves many bytes is offered the knobs of disks, first when that is all it does",
          "[act]") {
  const auto knobs_of = [](const ResourceUse& use) {
    std::vector<Knob> knobs;
    for (const Setting& setting : ladder_for(use, 2)) knobs.push_back(setting.knob);
    return knobs;
  };
  const std::vector<Knob> of_disks = {Knob::kIoClass, Knob::kIoWeight, Knob::kIoMax, Knob::kIoMax,
                                      Knob::kIoMax};
  const auto copying = knobs_of({0.1, 30e6}), working = knobs_of({1.0, 30e6});
  CHECK(std::equal(of_disks.begin(), of_disks.end(), copying.begin()));
  CHECK(copying.back() == Knob::kNice);
  CHECK(working.front() == Knob::kCpuWeight);
  CHECK(std::equal(of_disks.rbegin(), of_disks.rend(), working.rbegin()));
}

TEST_CASE("an offer goes up to the first step that can be done", "[act]") {
  Scene scene;
  scene.suspect_cores = 1;
  const Snapshot snapshot = scene.snapshot();
  const auto look = [](const ThrottleOrder& order, const Snapshot&) {
    HostOpinion opinion;
    if (order.setting.knob != Knob::kPolicy) opinion.impossible = "shared";
    return opinion;
  };
  ThrottleWish wish = wish_for(Scene::kSuspect);
  const auto offer = offer_for(wish, snapshot, look);
  REQUIRE(offer);
  CHECK(offer->step == 5);
  CHECK(offer->who == "process batch");
  CHECK(offer->impossible.empty());
  // A step that was asked for is told as it is.
  wish.step = 1;
  CHECK(offer_for(wish, snapshot, look)->impossible == "shared");
  wish.step = 99;
  CHECK_FALSE(offer_for(wish, snapshot, look));
  CHECK(offer_for(wish_for({7, 7}), snapshot, look).error().message == "process 7 has ended");
}

TEST_CASE("a wish is fulfilled unless a guard speaks against it that it does not lift", "[act]") {
  Scene scene;
  scene.suspect_cores = 1;
  FakeRein rein;
  ThrottleWish wish = wish_for(Scene::kSuspect);
  const Snapshot snapshot = scene.snapshot();
  rein.veto = {{"young", "it is young", false}};
  CHECK(fulfil(wish, snapshot, rein).error().message == "nothing is changed: it is young (young)");
  wish.force = true;
  const auto lease = fulfil(wish, snapshot, rein);
  REQUIRE(lease);
  CHECK(lease->by == "person");
  rein.veto = {{"protected", "it is the first", true}};
  CHECK_FALSE(fulfil(wish, snapshot, rein));
}

TEST_CASE("what was not offered is not done", "[act]") {
  Scene scene;
  scene.suspect_disk_bytes = 30e6;
  FakeRein rein;
  ThrottleWish wish = wish_for(Scene::kSuspect);
  wish.knob = "io class";
  CHECK(fulfil(wish, scene.snapshot(), rein));
  scene.suspect_disk_bytes = 0;
  CHECK(fulfil(wish, scene.snapshot(), rein).error().message ==
        "io class was offered to what it used then; now this step is cpu weight: ask again");
  CHECK(rein.held.size() == 1);
}

TEST_CASE("the journal keeps what an action is to bring, and what it rests on", "[act]") {
  Lease lease;
  lease.id = "r1";
  lease.expected = {"web: less", 0.5};
  lease.guards = {"young"};
  lease.overridden = {"it is young"};
  Lease judged = lease;
  judged.verdict = "helped";
  judged.verdict_because = "so";
  judged.measured = MeasuredImpact{0.05, 0.01, 10, 9, 0.001};
  const auto parsed = parse_journal(lease_line(lease) + verdict_line(judged));
  REQUIRE(parsed.leases.size() == 1);
  const Lease& back = parsed.leases[0];
  CHECK(back.expected.p95_ratio == 0.5);
  CHECK(back.expected.text == "web: less");
  CHECK(back.guards == lease.guards);
  CHECK(back.overridden == lease.overridden);
  REQUIRE(back.measured);
  CHECK(back.measured->after_intervals == 9);
  CHECK(back.measured->p95_ratio() == Approx(0.2));
  // Of a number that cannot be, the line is left out.
  CHECK(parse_journal(lease_line(lease) +
                      R"({"record":"verdict","id":"r1","verdict":"x","because":"y",)"
                      R"("measured":{"before_seconds":-1,"before_intervals":1,)"
                      R"("after_intervals":1}})")
            .unreadable == 1);
}
