// SPDX-License-Identifier: Apache-2.0
#include "act/timetable.h"

#include "catch.h"
#include "unit/act/scene.h"

using namespace culprit;
using State = PlannedThrottle::State;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000, kMinute = 60 * kSecond, kHour = 60 * kMinute;
/// 2026-11-26T00:00:00Z, a Thursday.
constexpr std::int64_t kMidnight = 1'795'651'200 * kSecond;
constexpr char kAdd[] =
    R"({"add":{"target":"batch","cpu":"20%","at":"2026-11-26T02:00:00Z","for":"1h"}})";

/// A timetable whose clock is moved by hand.
struct Night {
  Night() { scene.suspect_cores = 1; }
  std::vector<std::string> at(std::int64_t wall_ns) {
    rein.wall_ns = wall_ns;
    return table.advance(scene.snapshot(), rein, wall_ns);
  }
  std::string plan(const char* request = kAdd) { return table.change(request, kMidnight).value(); }
  const PlannedThrottle& first() const { return table.plans().at(0); }

  Scene scene;
  FakeRein rein;
  Timetable table;
};

}  // namespace

TEST_CASE("a planned throttle begins in time, goes on under fresh leases, and ends", "[act]") {
  Night night;
  CHECK(night.plan() == "s1");
  CHECK(night.at(kMidnight + 2 * kHour - kSecond).empty());
  CHECK(night.at(kMidnight + 2 * kHour).at(0) == "s1 (batch, cpu 20%): held as r0");
  REQUIRE(night.rein.open() == 1);
  CHECK(night.rein.held[0].by == "person");
  CHECK(night.rein.held[0].new_text.find("20 %") != std::string::npos);
  CHECK(night.at(kMidnight + 2 * kHour + 20 * kMinute).empty());
  // No lease lasts longer than half an hour.
  night.at(kMidnight + 2 * kHour + 30 * kMinute - 2 * kSecond);
  REQUIRE(night.rein.held.size() == 2);
  CHECK_FALSE(night.rein.held[0].open());
  CHECK(night.rein.held[1].open());
  night.at(kMidnight + 3 * kHour);
  CHECK(night.rein.open() == 0);
  CHECK(night.first().state == State::kOver);
  CHECK(night.first().note == "its time was over");
  night.at(kMidnight + 48 * kHour);
  CHECK(night.table.plans().empty());
}

TEST_CASE("a plan is looked at again when it is due", "[act]") {
  Night night;
  night.plan();
  SECTION("a guard speaks against it") {
    night.rein.veto = {{"database", "it is a database", false}};
    night.at(kMidnight + 2 * kHour);
    CHECK(night.first().note == "it is a database (database)");
  }
  SECTION("who is meant is not there") {
    night.scene.suspect_lives = false;
    night.at(kMidnight + 2 * kHour);
    CHECK(night.first().note.find("batch") != std::string::npos);
  }
  SECTION("the kernel refuses") {
    night.rein.refuses = true;
    night.at(kMidnight + 2 * kHour);
    CHECK(night.first().note == "the kernel refuses");
  }
  SECTION("nobody was there") {
    night.at(kMidnight + 2 * kHour + 11 * kMinute);
    CHECK(night.first().note == "nobody was there to do it");
  }
  SECTION("a guard speaks against going on") {
    night.at(kMidnight + 2 * kHour);
    night.rein.veto = {{"budget", "too many", false}};
    night.at(kMidnight + 2 * kHour + 30 * kMinute - kSecond);
    CHECK(night.first().note == "too many (budget)");
  }
  SECTION("somebody took it back") {
    night.at(kMidnight + 2 * kHour);
    REQUIRE(night.rein.revert("r0", "culprit revert"));
    night.at(kMidnight + 2 * kHour + kMinute);
    CHECK(night.first().note == "it was ended by another");
  }
  CHECK(night.rein.open() == 0);
  CHECK(night.first().state == State::kOver);
}

TEST_CASE("force lifts what a person's word can lift, at the time", "[act]") {
  Night night;
  night.plan(R"({"add":{"target":"batch","weight":"10","at":"2026-11-26T02:00:00Z","for":"20m",)"
             R"("force":true}})");
  night.rein.veto = {{"database", "it is a database", false}};
  night.at(kMidnight + 2 * kHour);
  CHECK(night.rein.open() == 1);
}

TEST_CASE("a plan that runs is taken back when it is removed, and goes on after a restart",
          "[act]") {
  Night night;
  night.plan();
  night.at(kMidnight + 2 * kHour);
  SECTION("removed") {
    REQUIRE(night.table.change(R"({"remove":"s1"})", kMidnight));
    night.at(kMidnight + 2 * kHour + kSecond);
    CHECK(night.rein.open() == 0);
    CHECK(night.table.plans().empty());
  }
  SECTION("the daemon ends in order") {
    night.table.stop(night.rein, "the daemon ends");
    CHECK(night.rein.open() == 0);
    night.at(kMidnight + 2 * kHour + 20 * kMinute);
    CHECK(night.rein.open() == 1);
  }
  SECTION("it was killed") {
    night.table = Timetable::parse(night.table.text()).value();
    night.table.resume("a boot");
    CHECK(night.first().state == State::kWaiting);
    night.at(kMidnight + 2 * kHour + 20 * kMinute);
    CHECK(night.rein.open() == 2);
  }
}

TEST_CASE("a plan survives the boot, unless it is for a pid", "[act]") {
  Night night;
  night.table.resume("a boot");
  night.plan();
  night.plan(R"({"add":{"target":"pid:300","cpu":"20%","at":"2026-11-26T02:00:00Z","for":"1h"}})");
  for (const char* boot : {"a boot", "another"}) {
    night.table = Timetable::parse(night.table.text()).value();
    night.table.resume(boot);
    CHECK(night.table.plans().at(0).state == State::kWaiting);
    CHECK((night.table.plans().at(1).state == State::kOver) == (boot == std::string("another")));
  }
}

TEST_CASE("a timetable is kept as text", "[act]") {
  Night night;
  night.plan();
  REQUIRE(night.table.change(R"({"allow":"22:00-06:00"})", kMidnight));
  REQUIRE(night.table.change(R"({"forbid":"Mon-Fri 09:00-17:00"})", kMidnight));
  const auto back = Timetable::parse(night.table.text());
  REQUIRE(back);
  CHECK(back->text() == night.table.text());
  CHECK(back->windows().forbid.at(0).text == "Mon-Fri 09:00-17:00");
  REQUIRE(night.table.change(R"({"remove":"22:00-06:00"})", kMidnight));
  CHECK(night.table.windows().allow.empty());
  CHECK_FALSE(Timetable::parse("\xff"));
  CHECK(Timetable::parse(R"({"plans":[{"cpu":"20%"}]})").error().message ==
        "/plans/0/target: a text was expected");
}

TEST_CASE("wrong plans are refused with what was expected", "[act]") {
  Timetable table;
  struct Case {
    const char *request, *message;
  };
  const Case cases[] = {
      {"{}", "/schedule: one key"},
      {R"({"do":"x"})", "add, allow, forbid or remove"},
      {R"({"allow":"always"})", "is no window"},
      {R"({"remove":"s9"})", "there is no plan or window s9"},
      {R"({"add":{"target":"a","at":"2026-11-26T02:00:00Z","for":"1h"}})", "a knob"},
      {R"({"add":{"target":"a","cpu":"2","nice":"5","at":"2026-11-26T02:00:00Z","for":"1h"}})",
       "one knob"},
      {R"({"add":{"target":"a","cpu":"much","at":"2026-11-26T02:00:00Z","for":"1h"}})", "much"},
      {R"({"add":{"cpu":"20%","at":"2026-11-26T02:00:00Z","for":"1h"}})", "/add/target"},
      {R"({"add":{"target":"a","cpu":"20%","at":"2026-11-25T02:00:00Z","for":"1h"}})", "to come"},
      {R"({"add":{"target":"a","cpu":"20%","at":"2026-11-26T02:00:00Z","for":"1h","force":7}})",
       "/add/force"},
      {R"({"add":[]})", "/add: an object"},
      {R"({"add":{"target":"a","cpu":"20%","at":"soon","for":"1h"}})", "/add/at"},
      {R"({"add":{"target":"a","cpu":"20%","at":"2026-11-26T02:00:00Z","for":"13h"}})",
       "12 hours"}};
  for (const Case& one : cases) {
    INFO(one.request);
    const auto changed = table.change(one.request, kMidnight);
    REQUIRE_FALSE(changed);
    CHECK(changed.error().message.find(one.message) != std::string::npos);
  }
}

TEST_CASE("windows of the week", "[act]") {
  const auto holds = [](const char* text, int day, int hour, int minute = 0) {
    return parse_week_window(text).value().holds({day, hour * 60 + minute});
  };
  CHECK(holds("09:00-17:00", 3, 9));
  CHECK_FALSE(holds("09:00-17:00", 3, 17));
  CHECK(holds("22:00-06:00", 0, 23));
  CHECK(holds("22:00-06:00", 0, 5, 59));
  CHECK_FALSE(holds("22:00-06:00", 0, 6));
  // Friday's night ends on Saturday.
  CHECK(holds("Fri 22:00-06:00", 5, 3));
  CHECK_FALSE(holds("Fri 22:00-06:00", 4, 3));
  CHECK(holds("Sun 22:00-06:00", 0, 3));
  CHECK(holds("Sat,Sun 00:00-24:00", 6, 23, 59));
  CHECK_FALSE(holds("Sat,Sun 00:00-24:00", 0, 0));
  CHECK(holds("Fri-Mon 08:00-09:00", 0, 8));
  CHECK_FALSE(holds("Fri-Mon 08:00-09:00", 2, 8));
  for (const char* wrong : {"", "9:00-17:00", "09:00", "09:00-25:00", "09:60-10:00", "10:00-10:00",
                            "Xyz 09:00-10:00", "Mon- 09:00-10:00", "24:00-06:00", "Mon"}) {
    INFO(wrong);
    CHECK_FALSE(parse_week_window(wrong));
  }
}

TEST_CASE("auto is allowed within windows that allow it, and not within those that forbid it",
          "[act]") {
  const auto window = [](const char* text) { return parse_week_window(text).value(); };
  CHECK(AutoWindows().allows({0, 0}));
  const AutoWindows nights{{window("22:00-06:00")}, {window("Sat,Sun 00:00-24:00")}};
  CHECK(nights.allows({0, 23 * 60}));
  CHECK_FALSE(nights.allows({0, 12 * 60}));
  CHECK_FALSE(nights.allows({5, 23 * 60}));
}
