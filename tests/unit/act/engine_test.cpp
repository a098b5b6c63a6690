// SPDX-License-Identifier: Apache-2.0
#include "act/engine.h"

#include <nlohmann/json.hpp>

#include "catch.h"
#include "serve/json_action.h"
#include "unit/act/scene.h"

using namespace culprit;
using Kind = EngineEvent::Kind;

TEST_CASE("who helps the victim is held within 15 s, found to help, and let go", "[act]") {
  Play play;
  play.calm();
  CHECK(play.events.empty());
  play.run(15, [&] { play.relief_while_held(); });
  REQUIRE(play.rein.held.size() == 1);
  CHECK(play.rein.held[0].new_text == "weight 10");
  CHECK(play.rein.held[0].victim == "web (100)");
  CHECK(play.rein.held[0].by == "auto");
  CHECK(play.rein.held[0].reason.find("83 % of that wait is behind it") != std::string::npos);
  play.run(12, [&] { play.relief_while_held(); });
  CHECK(play.rein.held[0].verdict == "helped");
  REQUIRE(play.rein.held[0].measured);
  CHECK(*play.rein.held[0].measured->p95_ratio() == Approx(0.22).margin(0.03));
  CHECK(*play.rein.held[0].expected.p95_ratio == Approx(0.34).margin(0.03));
  CHECK(play.rein.held[0].guards == guard_names());
  CHECK(play.rein.open() == 1);
  // The job is done.
  play.scene.suspect_cores = 0;
  play.run(20);
  CHECK(play.rein.open() == 0);
  CHECK(play.rein.held.size() == 1);
  CHECK(play.rein.held[0].closed_because == "who was held does nothing any more");
}

TEST_CASE("where readings come late for lack of CPU, more time before is compared with", "[act]") {
  Play play;
  play.calm();
  play.scene.interval_seconds = 3;
  play.run(18, [&] { play.relief_while_held(); });
  REQUIRE(play.rein.held.size() == 1);
  play.scene.interval_seconds = 1;
  play.run(12, [&] { play.relief_while_held(); });
  CHECK(play.rein.held[0].verdict == "helped");
}

TEST_CASE("before the lease ends it is lifted; if the trouble returns it is held again", "[act]") {
  Play play(Mode::kAuto, std::chrono::seconds(60));
  play.calm();
  play.run(70, [&] { play.relief_while_held(); });
  REQUIRE(play.rein.held.size() == 2);
  CHECK_FALSE(play.rein.held[0].open());
  CHECK(play.rein.held[0].verdict_because->find("proven") != std::string::npos);
  CHECK(play.rein.held[1].open());
}

TEST_CASE("when the trouble does not return it stays lifted", "[act]") {
  Play play(Mode::kAuto, std::chrono::seconds(60));
  play.calm();
  play.run(30, [&] { play.relief_while_held(); });
  play.run(60, [&] {
    play.scene.p95_seconds = 0.010;
    play.scene.run_queue = 0.01;
    play.scene.blame = 0;
  });
  CHECK(play.rein.held.size() == 1);
  CHECK(play.rein.open() == 0);
  CHECK(play.events.back().kind == Kind::kReverted);
}

TEST_CASE("a knob that does nothing is undone, and the next one tried", "[act]") {
  Play play;
  play.calm();
  play.run(14, [&] {
    // Weights are without effect here, a quota is not.
    if (play.rein.open() > 0 && play.rein.held.back().knob == "cpu quota")
      play.relief_while_held();
    else
      play.trouble();
  });
  REQUIRE(play.rein.held.size() == 2);
  CHECK(play.rein.held[0].verdict == "no_effect");
  CHECK_FALSE(play.rein.held[0].open());
  CHECK(play.rein.held[1].knob == "cpu quota");
  CHECK(play.rein.held[1].open());
}

TEST_CASE("what has no effect on the outcome is undone and not tried again at once", "[act]") {
  Play play;
  play.calm();
  const auto blame_falls_alone = [&] {
    play.trouble();
    if (play.rein.open() > 0) play.scene.blame = 0.05;
  };
  play.run(40, blame_falls_alone);
  REQUIRE(play.rein.held.size() == 1);
  CHECK(play.rein.held[0].verdict == "no_effect");
  CHECK(play.rein.open() == 0);
  CHECK(play.told("in vain"));
  play.run(60, blame_falls_alone);
  CHECK(play.rein.held.size() == 2);
}

TEST_CASE("what makes it worse is undone", "[act]") {
  Play play;
  play.calm();
  play.run(25, [&] {
    play.trouble();
    if (play.rein.open() == 0) return;
    play.scene.blame = 0.05;
    play.scene.p95_seconds = 0.120;
  });
  REQUIRE(play.rein.held.size() == 1);
  CHECK(play.rein.held[0].verdict == "worse");
  CHECK(play.rein.open() == 0);
}

TEST_CASE("when a third suffers from it, it is undone", "[act]") {
  Play play;
  play.scene.other_p95_seconds = 0.005;
  play.calm();
  play.run(30, [&] {
    play.relief_while_held();
    play.scene.other_p95_seconds = play.rein.open() > 0 ? 0.050 : 0.005;
  });
  REQUIRE_FALSE(play.rein.held.empty());
  CHECK(play.rein.held[0].verdict == "worse");
  CHECK(play.rein.held[0].verdict_because->find("other suffers") != std::string::npos);
  CHECK_FALSE(play.rein.held[0].open());
}

TEST_CASE("who takes the disk from the victim is held, by weight and then by bytes", "[act]") {
  Play play;
  play.scene.own_disk_bytes = 1e6;
  play.calm();
  play.run(20, [&] { play.disk_relief_while_limited(); });
  REQUIRE(play.rein.held.size() == 2);
  CHECK(play.rein.held[0].knob == "io weight");
  CHECK(play.rein.held[0].verdict == "no_effect");
  CHECK_FALSE(play.rein.held[0].open());
  CHECK(play.rein.held[1].knob == "io max");
  CHECK(play.rein.held[1].open());
  CHECK(play.rein.held[1].reason.find("it waits for disks for ") != std::string::npos);
  CHECK(play.rein.held[1].reason.find("97 % of what is read and written") != std::string::npos);
  CHECK(play.rein.held[1].reason.find(" MB/s at disks; it is background") != std::string::npos);
  play.run(12, [&] { play.disk_relief_while_limited(); });
  CHECK(play.rein.held[1].verdict == "helped");
  // The job is done.
  play.run(20, [&] { play.scene.suspect_disk_bytes = 0; });
  CHECK(play.rein.open() == 0);
  CHECK(play.rein.held[1].closed_because == "who was held does nothing any more");
}

TEST_CASE("a knob that the host lacks is passed over", "[act]") {
  Play play;
  play.rein.lacks = {Knob::kIoWeight};
  play.calm();
  play.run(15, [&] { play.disk_relief_while_limited(); });
  REQUIRE(play.rein.held.size() == 1);
  CHECK(play.rein.held[0].knob == "io max");
}

TEST_CASE("what the host cannot do is told, and is no failure of an action", "[act]") {
  Play play;
  play.rein.lacks = {Knob::kIoWeight, Knob::kIoMax};
  play.calm();
  play.run(120, [&] { play.disk_trouble(); });
  CHECK(play.rein.held.empty());
  CHECK(play.told("this host has no such knob"));
  REQUIRE(play.engine.proposals().size() == 1);
  CHECK(play.engine.proposals()[0].state == "vetoed");
  // Two knobs, at most every three seconds.
  CHECK(play.rein.asked <= 2 * 120 / 3);
  play.scene.disk_wait = 0;
  play.run(20, [&] { play.relief_while_held(); });
  CHECK(play.rein.open() == 1);
}

TEST_CASE("who moves most of what its disks move is its own neighbour", "[act]") {
  Play play;
  play.calm();
  play.run(20, [&] { play.disk_trouble(40e6); });
  CHECK(play.rein.held.empty());
  CHECK(play.told("moves most of what they move itself"));
}

TEST_CASE("one of many who move bytes is too little to be the cause", "[act]") {
  Play play;
  play.scene.other_p95_seconds = 0.005;
  play.scene.other_disk_bytes = 20e6;
  play.calm();
  play.run(20, [&] { play.disk_trouble(1e6, 5e6); });
  CHECK(play.rein.held.empty());
  CHECK(play.told("19 % of what is read and written meanwhile is its: too little to be the cause"));
}

TEST_CASE("what is held at disks has the mode of its rule", "[act]") {
  EngineOptions options = Play::options(Mode::kAuto, std::chrono::seconds(300));
  options.rule_modes = {{kDiskSaturated, Mode::kApprove}};
  Play play;
  play.engine.use(options);
  play.calm();
  play.run(20, [&] { play.disk_trouble(); });
  CHECK(play.rein.held.empty());
  REQUIRE(play.engine.proposals().size() == 1);
  CHECK(play.engine.proposals()[0].knob == "io weight");
}

TEST_CASE("on a quiet host and on a merely busy one nothing is done", "[act]") {
  Play play;
  play.run(120);
  // All CPUs full, and the server as fast as ever.
  play.scene.suspect_cores = 1.9;
  play.scene.run_queue = 0.04;
  play.scene.blame = 0.03;
  play.run(300);
  CHECK(play.events.empty());
  CHECK(play.rein.held.empty());
}

TEST_CASE("causes that are no neighbour's are told, and nobody is held", "[act]") {
  Play play;
  play.calm();
  play.trouble();
  SECTION("its own quota") {
    play.scene.throttled_ratio = 0.4;
    play.run(20);
    CHECK(play.told("its own quota stops it"));
  }
  SECTION("a lock") {
    play.scene.lock_seconds = 0.8;
    play.run(20);
    CHECK(play.told("it waits for locks"));
  }
  SECTION("slow by itself") {
    play.scene.run_queue = 0.01;
    play.scene.blame = 0.005;
    play.run(20);
    CHECK(play.told("of the time only"));
  }
  SECTION("the hypervisor") {
    play.scene.steal = 0.5;
    play.run(20);
    CHECK(play.told("the hypervisor takes"));
  }
  SECTION("its own threads") {
    play.scene.own_delay = 0.45;
    play.scene.blame = 0.1;
    play.run(20);
    CHECK(play.told("behind its own threads"));
  }
  SECTION("too few requests to tell") {
    play.scene.requests = 2;
    play.run(20);
    CHECK(play.told("too few to tell"));
  }
  CHECK(play.rein.held.empty());
}

TEST_CASE("suspects that must not be held are told with the reason", "[act]") {
  Play play;
  play.calm();
  play.trouble();
  SECTION("a database server") {
    play.scene.suspect_is_database = true;
    play.run(20);
    CHECK(play.told("is a database server"));
  }
  SECTION("who may hold a lock") {
    play.scene.suspect_in_transaction = true;
    play.run(20);
    CHECK(play.told("has a transaction open"));
  }
  SECTION("who answers requests") {
    play.scene.suspect_class = Class::kForeground;
    play.run(20);
    CHECK(play.told("answers requests itself"));
  }
  SECTION("who is not known") {
    play.scene.suspect_class = Class::kUnknown;
    play.run(20);
    CHECK(play.told("only on a person's word"));
  }
  SECTION("who is behind little of the wait") {
    play.scene.blame = 0.1;
    play.run(20);
    CHECK(play.told("too little to be the cause"));
  }
  SECTION("what the guards see, such as a dependency") {
    play.rein.veto = {
        {"dependency", "batch (200) has a connection with the one that suffers", false}};
    play.run(20);
    CHECK(play.count(Kind::kVetoed) >= 1);
    const auto actions = play.engine.proposals();
    REQUIRE(actions.size() == 1);
    CHECK(actions[0].state == "vetoed");
    CHECK(actions[0].reasons.front().find("has a connection") != std::string::npos);
  }
  CHECK(play.rein.held.empty());
}

TEST_CASE("a suspect whose use does not go with the latency is none", "[act]") {
  Play play;
  play.scene.suspect_cores = 1.8;  // it runs all along, and all was well
  play.run(60);
  play.trouble();
  play.run(8);
  CHECK(play.rein.held.empty());
}

TEST_CASE("without a time in which all was well nothing is decided", "[act]") {
  Play play;
  play.trouble();
  play.run(60);
  CHECK(play.events.empty());
  CHECK(play.rein.held.empty());
}

TEST_CASE("modes: each does no more than it may", "[act]") {
  const auto play_in = [](Mode mode) {
    auto play = std::make_unique<Play>(mode);
    play->calm();
    play->run(30, [&] { play->relief_while_held(); });
    return play;
  };
  CHECK(play_in(Mode::kOff)->events.empty());
  const auto observed = play_in(Mode::kObserve);
  CHECK(observed->count(Kind::kObserved) == 1);
  CHECK(observed->rein.held.empty());
  const auto dry = play_in(Mode::kDryRun);
  CHECK(dry->count(Kind::kProposed) == 1);
  CHECK(dry->rein.held.empty());
  CHECK(dry->engine.proposals().at(0).state == "proposed");
}

TEST_CASE("an approval does what was proposed, while it holds", "[act]") {
  Play play(Mode::kApprove);
  play.calm();
  play.run(15, [&] { play.relief_while_held(); });
  REQUIRE(play.engine.proposals().size() == 1);
  const std::string id = play.engine.proposals()[0].id;
  CHECK_FALSE(play.engine.approve("p77", play.scene.snapshot()));
  SECTION("it holds") {
    const auto lease = play.engine.approve(id, play.scene.snapshot());
    REQUIRE(lease);
    CHECK(lease->by == "approve");
    play.run(15, [&] { play.relief_while_held(); });
    CHECK(play.rein.held[0].verdict == "helped");
  }
  SECTION("something speaks against it now") {
    play.rein.veto = {{"database", "it is a database", false}};
    CHECK_FALSE(play.engine.approve(id, play.scene.snapshot()));
  }
  SECTION("the trouble is over") {
    play.scene = Scene();
    play.run(12);
    CHECK_FALSE(play.engine.approve(id, play.scene.snapshot()));
  }
  SECTION("it is too old") {
    play.run(305, [&] { play.trouble(); });
    const auto late = play.engine.approve(id, play.scene.snapshot());
    REQUIRE_FALSE(late);
    CHECK(late.error().message.find("older than 300 s") != std::string::npos);
    CHECK(play.rein.held.empty());
  }
}

TEST_CASE("a proposal that nobody answered for 300 s is made anew under another id", "[act]") {
  Play play(Mode::kApprove);
  EngineOptions options = Play::options(Mode::kApprove, std::chrono::seconds(300));
  options.planner.threshold_seconds = 0.015;  // what is usual moves on with the trouble
  play.engine.use(options);
  play.calm();
  play.run(15, [&] { play.trouble(); });
  REQUIRE(play.engine.proposals().size() == 1);
  const std::string id = play.engine.proposals()[0].id;
  play.run(305, [&] { play.trouble(); });
  REQUIRE(play.engine.proposals().size() == 1);
  const std::string fresh = play.engine.proposals()[0].id;
  CHECK(fresh != id);
  CHECK_FALSE(play.engine.approve(id, play.scene.snapshot()));
  CHECK(play.engine.approve(fresh, play.scene.snapshot()));
}

TEST_CASE("to stop takes everything back", "[act]") {
  Play play;
  play.calm();
  play.run(15, [&] { play.relief_while_held(); });
  REQUIRE(play.rein.open() == 1);
  SECTION("by stop") {
    REQUIRE(play.engine.stop("the daemon ends"));
  }
  SECTION("by mode off") {
    play.engine.use(Play::options(Mode::kOff, std::chrono::seconds(300)));
    play.run(1);
  }
  CHECK(play.rein.open() == 0);
}

TEST_CASE("what a person took back is not put back by the same action", "[act]") {
  Play play;
  play.calm();
  play.run(15, [&] { play.relief_while_held(); });
  REQUIRE(play.rein.revert("r0", "culprit revert"));
  play.scene = Scene();
  play.run(5);
  CHECK(play.told("it was ended by another"));
  CHECK(play.rein.open() == 0);
}

TEST_CASE("what the kernel refuses is told, and three failures stop the trying", "[act]") {
  Play play;
  play.rein.refuses = true;
  play.run(120);
  play.run(600, [&] { play.trouble(); });
  CHECK(play.told("the kernel refuses"));
  CHECK(play.told("it only watches"));
  CHECK(play.count(Kind::kFailed) == 3);
}

TEST_CASE("actions are a document", "[act]") {
  Play play(Mode::kDryRun);
  play.calm();
  play.run(15, [&] { play.trouble(); });
  const auto document = nlohmann::json::parse(actions_json(play.engine.proposals()));
  CHECK(document["schema"] == "culprit.actions/1");
  CHECK(document["actions"][0]["mode"] == "dry-run");
  CHECK(document["actions"][0]["knob"] == "cpu weight");
  CHECK(document["actions"][0]["applied_at"] == nullptr);
  CHECK(document["actions"][0]["target"]["name"] == "batch.service");
  CHECK(document["actions"][0]["consent"] == "auto");
  // From 50 ms, of which 40 are more than usual and 5 in 6 are behind it.
  const double expected = document["actions"][0]["expected_p95_ratio"];
  CHECK(expected == Approx(1 - 0.83 * 0.8).margin(0.03));
  CHECK(document["actions"][0]["achieved_p95_ratio"] == nullptr);
}

TEST_CASE("modes have names", "[act]") {
  for (const Mode mode : {Mode::kOff, Mode::kObserve, Mode::kDryRun, Mode::kApprove, Mode::kAuto})
    CHECK(parse_mode(mode_name(mode)) == mode);
  CHECK_FALSE(parse_mode("on"));
}

namespace {

/// The scene's snapshot with a finding of that rule about the suspect.
Snapshot with_finding(Scene& scene, const char* rule) {
  Snapshot snapshot = scene.snapshot();
  Finding finding;
  finding.id = rule;
  finding.target.kind = TargetKind::kProcess;
  finding.target.pid = Scene::kSuspect.pid;
  finding.target.start_time_ns = Scene::kSuspect.start_time_ns;
  snapshot.judgement.emplace().findings.push_back(finding);
  return snapshot;
}

/// Forty seconds of trouble that a fork storm makes.
void storm(Play& play) {
  play.calm();
  for (int second = 0; second < 40; ++second) {
    play.relief_while_held();
    play.now_ns += 1'000'000'000;
    play.engine.on_snapshot(with_finding(play.scene, kForkStorm));
  }
}

}  // namespace

TEST_CASE("the lower of the mode and that of the rule holds", "[act]") {
  Play play;
  EngineOptions options = Play::options(Mode::kAuto, std::chrono::seconds(300));
  SECTION("approve for fork storms") {
    options.rule_modes = {{kForkStorm, Mode::kApprove}};
    play.engine.use(options);
    storm(play);
    CHECK(play.rein.held.empty());
    REQUIRE(play.engine.proposals().size() == 1);
    CHECK(play.engine.proposals()[0].mode == "approve");
  }
  SECTION("off for fork storms") {
    options.rule_modes = {{kForkStorm, Mode::kOff}};
    play.engine.use(options);
    storm(play);
    CHECK(play.rein.held.empty());
    CHECK(play.engine.proposals().empty());
  }
  SECTION("of another rule it does not count") {
    options.rule_modes = {{"cpu.busy_loop", Mode::kOff}};
    play.engine.use(options);
    storm(play);
    CHECK(play.rein.held.size() == 1);
    CHECK(play.rein.last_order.young_may_be_held);
  }
  SECTION("a rule's mode does not raise the other") {
    options.mode = Mode::kDryRun;
    options.rule_modes = {{kForkStorm, Mode::kAuto}};
    play.engine.use(options);
    storm(play);
    CHECK(play.rein.held.empty());
    REQUIRE(play.engine.proposals().size() == 1);
    CHECK_FALSE(
        play.engine.approve(play.engine.proposals()[0].id, with_finding(play.scene, kForkStorm)));
  }
}
