// SPDX-License-Identifier: Apache-2.0
// Calls by the extended protocol: one Execute, with what leads up to it.
#include "catch.h"
#include "unit/protocol/postgresql_connection.h"

using namespace culprit;
using namespace culprit::postgresql;

namespace {

const char kText[] = "SELECT a FROM t WHERE b = $1";
const char kFolded[] = "SELECT a FROM t WHERE b = ?";

std::string unnamed(std::string_view sql) {
  return parse("", sql) + bind_to("", "") + describe('P', "") + execute();
}

}  // namespace

TEST_CASE("PostgreSQL: parse, bind, describe, execute, sync in one write", "[postgresql]") {
  Wire wire;
  const std::string question = unnamed(kText) + sync_up();
  const std::string answer =
      parsed() + bound() + row_description() + row("1") + complete("SELECT 1") + ready('I');
  const std::uint64_t asked = wire.request(question);
  const std::uint64_t answered = wire.reply(answer);
  REQUIRE(wire.done.size() == 1);
  const Call& call = wire.done[0];
  CHECK(wire.text_of(call) == kFolded);
  CHECK(call.rows == 1);
  CHECK(call.flags == 0);
  CHECK(call.transaction == Transaction::kNone);
  CHECK(call.start_ns == asked);
  CHECK(call.request_end_ns == asked);
  CHECK(call.first_read_ns == answered);
  CHECK(call.request_bytes == question.size());
  CHECK(call.reply_bytes == answer.size());
}

TEST_CASE("PostgreSQL: an insert without a description", "[postgresql]") {
  Wire wire;
  wire.request(parse("", "INSERT INTO t VALUES ($1)") + bind_to("", "") + execute() + sync_up());
  wire.reply(parsed() + bound() + complete("INSERT 0 1") + ready());
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].rows == 1);
}

TEST_CASE("PostgreSQL: each part in a write of its own", "[postgresql]") {
  Wire wire;
  const std::uint64_t asked = wire.request(parse("", kText));
  wire.request(bind_to("", ""));
  wire.request(execute());
  const std::uint64_t synced = wire.request(sync_up());
  wire.reply(parsed());
  wire.reply(bound());
  wire.reply(complete("SELECT 0"));
  CHECK(wire.done.empty());
  const std::uint64_t end = wire.reply(ready());
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].start_ns == asked);
  CHECK(wire.done[0].request_end_ns == synced);
  CHECK(wire.done[0].end_ns == end);
}

TEST_CASE("PostgreSQL: prepared once, executed many times", "[postgresql]") {
  Wire wire;
  wire.request(parse("s1", kText) + describe('S', "s1") + sync_up());
  CHECK(wire.decoder->pending() == 0);
  wire.reply(parsed() + message('t', std::string("\0\0", 2)) + row_description() + ready());
  CHECK(wire.done.empty());
  for (int i = 0; i < 10; i++) {
    const std::uint64_t asked = wire.request(bind_to("", "s1") + execute() + sync_up());
    wire.reply(bound() + row("1") + complete("SELECT 1") + ready());
    REQUIRE(wire.done.size() == static_cast<std::size_t>(i) + 1);
    CHECK(wire.done.back().start_ns == asked);
    CHECK(wire.text_of(wire.done.back()) == kFolded);
    CHECK(wire.done.back().flags == kCallPrepared);
  }
}

TEST_CASE("PostgreSQL: preparing alone is no call, but has a reply", "[postgresql]") {
  Wire wire;
  SECTION("followed by a query before its reply") {
    wire.request(parse("s1", kText) + sync_up() + query("SELECT 1"));
    wire.reply(parsed() + ready());
    CHECK(wire.done.empty());
    wire.reply(complete("SELECT 1") + ready());
    REQUIRE(wire.done.size() == 1);
    CHECK(wire.done[0].rows == 1);
  }
  SECTION("with an error that is not the next call's") {
    wire.request(parse("s1", "SELEC") + sync_up());
    wire.reply(error("42601") + ready());
    wire.request(query("SELECT 1"));
    wire.reply(complete("SELECT 1") + ready());
    REQUIRE(wire.done.size() == 1);
    CHECK(wire.done[0].outcome == Outcome::kOk);
  }
  SECTION("by Flush: the call begins when its Bind does") {
    wire.request(parse("s1", kText) + describe('S', "s1") + flush());
    wire.reply(parsed() + message('t', std::string("\0\0", 2)) + row_description());
    const std::string question = bind_to("", "s1") + execute() + sync_up();
    const std::uint64_t asked = wire.request(question);
    wire.reply(bound() + complete("SELECT 0") + ready());
    REQUIRE(wire.done.size() == 1);
    CHECK(wire.done[0].start_ns == asked);
    CHECK(wire.done[0].request_bytes == question.size());
  }
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("PostgreSQL: Flush without Sync", "[postgresql]") {
  Wire wire;
  const std::string question = parse("", kText) + bind_to("", "") + execute() + flush();
  wire.request(question);
  const std::uint64_t end = wire.reply(parsed() + bound() + complete("SELECT 0"));
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].end_ns == end);
  CHECK(wire.done[0].request_bytes == question.size());
  CHECK(wire.done[0].transaction == Transaction::kUnknown);
  wire.request(sync_up());
  wire.reply(ready());
  CHECK(wire.done.size() == 1);
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("PostgreSQL: a pipeline of fifty with one Sync", "[postgresql]") {
  Wire wire;
  std::string questions;
  for (int i = 0; i < 50; i++) questions += unnamed(kText);
  wire.request(questions + sync_up());
  CHECK(wire.decoder->pending() == 50);
  const std::string answer = parsed() + bound() + row_description() + complete("SELECT 0");
  SECTION("each ends at its own completion") {
    for (int i = 0; i < 50; i++) {
      const std::uint64_t answered = wire.reply(answer);
      if (i == 49) break;
      REQUIRE(wire.done.size() == static_cast<std::size_t>(i) + 1);
      CHECK(wire.done.back().end_ns == answered);
      CHECK(wire.done.back().reply_bytes == answer.size());
      CHECK(wire.done.back().transaction == Transaction::kUnknown);
      CHECK(((wire.done.back().flags & kCallPipelined) != 0) == (i > 0));
    }
    wire.reply(ready('T'));
    REQUIRE(wire.done.size() == 50);
    CHECK(wire.done[49].transaction == Transaction::kOpen);
  }
  SECTION("an error has the rest skipped") {
    for (int i = 0; i < 20; i++) wire.reply(answer);
    wire.reply(parsed() + error("22012"));
    wire.reply(ready('E'));
    REQUIRE(wire.done.size() == 50);
    CHECK(wire.done[19].outcome == Outcome::kOk);
    CHECK(wire.done[20].outcome == Outcome::kError);
    CHECK(error_of(wire.done[20]) == "22012");
    for (int i = 21; i < 50; i++) CHECK(wire.done[i].outcome == Outcome::kAborted);
    CHECK(error_of(wire.done[21]).empty());
    wire.request(query("ROLLBACK"));
    wire.reply(complete("ROLLBACK") + ready());
    CHECK(wire.done.back().outcome == Outcome::kOk);
  }
  SECTION("the last one fails") {
    for (int i = 0; i < 49; i++) wire.reply(answer);
    wire.reply(parsed() + bound() + error("22012") + ready('I'));
    REQUIRE(wire.done.size() == 50);
    CHECK(wire.done[49].outcome == Outcome::kError);
    CHECK(error_of(wire.done[49]) == "22012");
  }
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("PostgreSQL: a pipeline of fifty with fifty Syncs", "[postgresql]") {
  Wire wire;
  std::string questions, answers;
  for (int i = 0; i < 50; i++) questions += unnamed(kText) + sync_up();
  wire.request(questions);
  for (int i = 0; i < 50; i++) {
    answers += parsed() + (i == 25 ? error("22012") : bound() + complete("SELECT 0")) + ready();
  }
  wire.reply(answers);
  REQUIRE(wire.done.size() == 50);
  for (int i = 0; i < 50; i++) {
    CHECK(wire.done[i].outcome == (i == 25 ? Outcome::kError : Outcome::kOk));
    CHECK(wire.done[i].transaction == Transaction::kNone);
  }
}

TEST_CASE("PostgreSQL: what follows an error before Sync is skipped", "[postgresql]") {
  Wire wire;
  wire.request(unnamed("SELECT 1/0") + flush());
  wire.reply(parsed() + bound() + error("22012"));
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].outcome == Outcome::kError);
  wire.request(unnamed(kText) + sync_up());
  wire.reply(ready());
  REQUIRE(wire.done.size() == 2);
  CHECK(wire.done[1].outcome == Outcome::kAborted);
  wire.request(unnamed(kText) + sync_up());
  wire.reply(parsed() + bound() + complete("SELECT 0") + ready());
  REQUIRE(wire.done.size() == 3);
  CHECK(wire.done[2].outcome == Outcome::kOk);
}

TEST_CASE("PostgreSQL: a portal fetched in parts", "[postgresql]") {
  Wire wire;
  wire.request(parse("", kText) + bind_to("C_1", "") + execute("C_1", 2) + sync_up());
  wire.reply(parsed() + bound() + row("1") + row("2") + message('s') + ready('T'));
  wire.request(execute("C_1", 2) + sync_up());
  wire.reply(row("3") + complete("SELECT 1") + ready('T'));
  REQUIRE(wire.done.size() == 2);
  CHECK(wire.done[0].rows == 2);
  CHECK(wire.done[1].rows == 1);
  CHECK(wire.done[0].query == wire.done[1].query);
  CHECK(wire.text_of(wire.done[1]) == kFolded);

  wire.request(query("COMMIT"));
  wire.reply(complete("COMMIT") + ready('I'));
  wire.request(execute("C_1", 2) + sync_up());
  wire.reply(error("34000") + ready('I'));
  REQUIRE(wire.done.size() == 4);
  CHECK(wire.done[3].query == 0);
}

TEST_CASE("PostgreSQL: a portal described before it is executed", "[postgresql]") {
  Wire wire;
  const std::uint64_t asked =
      wire.request(parse("", kText) + bind_to("p", "") + describe('P', "p") + flush());
  wire.reply(parsed() + bound() + row_description());
  wire.request(execute("p") + sync_up());
  wire.reply(complete("SELECT 0") + ready());
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].start_ns == asked);
  CHECK(wire.text_of(wire.done[0]) == kFolded);
}

TEST_CASE("PostgreSQL: names are forgotten", "[postgresql]") {
  Wire wire;
  const auto prepare = [&] {
    wire.request(parse("S_1", kText) + parse("lower", kText) + sync_up());
    wire.reply(parsed() + parsed() + ready());
  };
  // Another connection prepares something else by these names: no help from there.
  const auto run = [&](std::string_view name) {
    wire.request(bind_to("", name) + execute() + sync_up());
    wire.reply(bound() + complete("SELECT 0") + ready());
    return wire.text_of(wire.done.back());
  };
  const auto say = [&](std::string_view sql) {
    wire.request(query(sql));
    wire.reply(complete("OK") + ready());
  };
  // The book of other connections' names answers nothing for names of two texts.
  wire.request(parse("S_1", "SELECT other") + parse("lower", "SELECT other") + sync_up());
  wire.reply(parsed() + parsed() + ready());
  prepare();
  CHECK(run("S_1") == kFolded);
  SECTION("Close") {
    wire.request(close_up('S', "S_1") + sync_up());
    wire.reply(message('3') + ready());
    CHECK(run("S_1") == "");
    CHECK(run("lower") == kFolded);
  }
  SECTION("DEALLOCATE, quoted") {
    say("deallocate PREPARE \"S_1\";");
    CHECK(run("S_1") == "");
    CHECK(run("lower") == kFolded);
  }
  SECTION("DEALLOCATE, folded") {
    say("  DEALLOCATE Lower");
    CHECK(run("lower") == "");
    CHECK(run("S_1") == kFolded);
  }
  SECTION("DEALLOCATE ALL") {
    say("DEALLOCATE ALL");
    CHECK(run("S_1") == "");
    CHECK(run("lower") == "");
  }
  SECTION("DISCARD ALL") {
    say("discard all");
    CHECK(run("S_1") == "");
  }
  SECTION("not by what only looks like it") {
    say("DISCARD PLANS");
    say("DELETE FROM t");
    say("deallocated");
    say("DEALLOCATE \"un\"\"closed");
    CHECK(run("S_1") == kFolded);
    CHECK(run("lower") == kFolded);
  }
}

TEST_CASE("PostgreSQL: unnamed things are forgotten, too", "[postgresql]") {
  Wire wire;
  wire.request(unnamed(kText) + sync_up());
  wire.reply(parsed() + bound() + complete("SELECT 0") + ready());
  wire.request(close_up('P', "") + close_up('S', "") + sync_up());
  wire.reply(message('3') + message('3') + ready());
  wire.request(bind_to("", "") + execute() + sync_up());
  wire.reply(error("26000") + ready());
  REQUIRE(wire.done.size() == 2);
  CHECK(wire.done[1].query == 0);
  CHECK((wire.done[1].flags & kCallTextUnseen) != 0);
}

TEST_CASE("PostgreSQL: Close in the write of a call belongs to it", "[postgresql]") {
  Wire wire;
  const std::string question = parse("s", kText) + bind_to("p", "s") + execute("p") +
                               close_up('P', "p") + close_up('S', "s") + sync_up();
  wire.request(question);
  wire.reply(parsed() + bound() + complete("SELECT 0") + message('3') + message('3') + ready());
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].request_bytes == question.size());
  CHECK(wire.done[0].transaction == Transaction::kNone);
}

TEST_CASE("PostgreSQL: statements prepared before culprit came", "[postgresql]") {
  DecoderBooks books;
  Wire old(books, 1);
  const auto run = [&](std::string_view name) {
    old.request(bind_to("", name) + execute() + sync_up());
    old.reply(bound() + complete("SELECT 0") + ready());
    REQUIRE_FALSE(old.done.empty());
    return old.done.back();
  };
  SECTION("nobody prepares the same") {
    const Call call = run("s1");
    CHECK(call.query == 0);
    CHECK(call.flags == (kCallPrepared | kCallTextUnseen));
    CHECK(call.rows == 0);
  }
  SECTION("a sibling prepares the same") {
    Wire sibling(books, 1), stranger(books, 2);
    stranger.request(parse("s1", "SELECT stranger") + sync_up());
    sibling.request(parse("s1", kText) + sync_up());
    const Call call = run("s1");
    CHECK(old.text_of(call) == kFolded);
    CHECK(call.flags == kCallPrepared);
  }
  SECTION("siblings disagree, as behind a pooler") {
    Wire one(books, 1), two(books, 1);
    one.request(parse("s1", kText) + sync_up());
    two.request(parse("s1", "SELECT 2 FROM u") + sync_up());
    CHECK(run("s1").query == 0);
    // What a connection prepared itself is certain.
    one.request(bind_to("", "s1") + execute() + sync_up());
    one.reply(parsed() + ready() + bound() + complete("SELECT 0") + ready());
    REQUIRE(one.done.size() == 1);
    CHECK(one.text_of(one.done[0]) == kFolded);
  }
  SECTION("a sibling's text is cut") {
    Wire sibling(books, 1);
    sibling.request(parse("s1", "SELECT " + std::string(9000, 'a')) + sync_up());
    CHECK(run("s1").flags == (kCallPrepared | kCallTruncated));
  }
  SECTION("the unnamed statement is nobody else's") {
    Wire sibling(books, 1);
    sibling.request(parse("", kText) + sync_up());
    CHECK(run("").flags == kCallTextUnseen);
  }
}

TEST_CASE("PostgreSQL: names and requests are bounded", "[postgresql]") {
  Wire wire;
  SECTION("statements and portals") {
    for (int i = 0; i < 3000; i++) {
      const std::string name = "s" + std::to_string(i);
      wire.request(parse(name, "SELECT a" + std::to_string(i)) + bind_to(name, name) + sync_up());
      wire.reply(parsed() + bound() + ready('T'));
    }
    wire.request(execute("s2999") + bind_to("", "s2999") + execute() + sync_up());
    wire.reply(complete("SELECT 1") + bound() + complete("SELECT 1") + ready('T'));
    REQUIRE(wire.done.size() == 2);
    CHECK(wire.done[0].query == 0);
    // By the book that all connections share.
    CHECK(wire.text_of(wire.done[1]) == "SELECT a2999");
  }
  SECTION("unanswered requests, which pair again once answered") {
    std::string questions;
    for (int i = 0; i < 2000; i++) questions += unnamed(kText) + (i % 2 ? sync_up() : "");
    wire.request(questions);
    CHECK(wire.decoder->pending() == 1024);
    CHECK(wire.decoder->lost_calls() == 2000 - 1024);
    std::string answers;
    for (int i = 0; i < 2000; i++) {
      answers += parsed() + bound() + complete("SELECT 0") + (i % 2 ? ready() : "");
    }
    wire.reply(answers);
    CHECK(wire.done.size() == 1024);
    CHECK(wire.decoder->pending() == 0);
    wire.request(query("SELECT 1"));
    wire.reply(complete("SELECT 1") + ready());
    REQUIRE(wire.done.size() == 1025);
    CHECK(wire.done.back().rows == 1);
    CHECK(wire.decoder->contradictions() == 0);
  }
}
