// SPDX-License-Identifier: Apache-2.0
// Several requests at once, and errors between them.
#include "catch.h"
#include "unit/protocol/postgresql_connection.h"

using namespace culprit;
using namespace culprit::postgresql;

namespace {

/// An Execute of statement s1 and its answer, without Sync.
const std::string kRun = bind_to("", "s1") + execute();
const std::string kRan = bound() + complete("UPDATE 1");

std::string repeat(int count, const std::string& bytes) {
  std::string all;
  for (int i = 0; i < count; i++) all += bytes;
  return all;
}

void prepare(Wire& wire) {
  wire.request(parse("s1", "UPDATE t SET a = $1") + sync_up());
  wire.reply(parsed() + ready());
}

void check_quiet(const Wire& wire) {
  CHECK(wire.decoder->pending() == 0);
  CHECK_FALSE(wire.decoder->busy_since());
  CHECK(wire.decoder->contradictions() == 0);
  CHECK(wire.decoder->lost_calls() == 0);
}

std::vector<Outcome> outcomes(const Wire& wire) {
  std::vector<Outcome> all;
  for (const Call& call : wire.done) all.push_back(call.outcome);
  return all;
}

}  // namespace

TEST_CASE("PostgreSQL: more Syncs ahead than are kept stay in step", "[postgresql]") {
  Wire wire;
  prepare(wire);
  wire.request(repeat(2000, kRun + sync_up()));
  CHECK(wire.decoder->lost_calls() == 2000 - 1024);
  wire.reply(repeat(1999, kRan + ready()));
  CHECK(wire.done.size() == 1024);
  SECTION("with what is asked before the last answer") {
    wire.request(query("SELECT 1"));
    wire.reply(kRan + ready() + complete("SELECT 5") + ready());
  }
  SECTION("with what is asked after it") {
    wire.reply(kRan + ready());
    wire.request(query("SELECT 1"));
    wire.reply(complete("SELECT 5") + ready());
  }
  REQUIRE(wire.done.size() == 1025);
  CHECK(wire.text_of(wire.done.back()) == "SELECT ?");
  CHECK(wire.done.back().rows == 5);
  CHECK(wire.decoder->pending() == 0);
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("PostgreSQL: a client that always asks ahead is told again", "[postgresql]") {
  Wire wire;
  prepare(wire);
  wire.request(repeat(1500, kRun + sync_up()));
  for (int i = 0; i < 30; i++) {
    wire.reply(repeat(100, kRan + ready()));
    wire.request(repeat(100, kRun + sync_up()));
  }
  wire.reply(repeat(1500, kRan + ready()));
  CHECK(wire.done.size() + wire.decoder->lost_calls() == 4500);
  CHECK(wire.done.size() > 2000);
  CHECK(wire.decoder->pending() == 0);
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("PostgreSQL: an overflow without a Sync keeps what follows", "[postgresql]") {
  Wire wire;
  prepare(wire);
  wire.request(repeat(1100, kRun));
  wire.reply(repeat(900, kRan));
  wire.request(kRun + sync_up() + query("SELECT 1"));
  wire.reply(repeat(201, kRan) + ready() + complete("SELECT 5") + ready());
  CHECK(wire.done.size() + wire.decoder->lost_calls() == 1102);
  CHECK(wire.done.back().rows == 5);
  CHECK(wire.decoder->pending() == 0);
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("PostgreSQL: requests that nobody answers take bounded room", "[postgresql]") {
  Wire wire;
  prepare(wire);
  const std::string thousand = repeat(1000, sync_up());
  for (int i = 0; i < 70; i++) wire.request(kRun + thousand);
  CHECK(wire.decoder->lost_calls() > 0);
  CHECK(wire.decoder->pending() <= 1024);
  for (int i = 0; i < 70; i++) wire.reply(kRan + repeat(1000, ready()));
  wire.request(query("SELECT 1"));
  wire.reply(complete("SELECT 5") + ready());
  CHECK(wire.text_of(wire.done.back()) == "SELECT ?");
  CHECK(wire.done.back().rows == 5);
  CHECK(wire.decoder->pending() == 0);
}

TEST_CASE("PostgreSQL: an error amid a pipeline, and the pipeline behind it", "[postgresql]") {
  Wire wire;
  prepare(wire);
  wire.request(repeat(10, kRun) + sync_up() + kRun + sync_up());
  wire.reply(repeat(4, kRan) + bound() + error("23505") + ready('I') + kRan + ready('I'));
  REQUIRE(wire.done.size() == 11);
  for (std::size_t i = 0; i < 11; i++) {
    const Outcome skipped = i > 4 && i < 10 ? Outcome::kAborted : Outcome::kOk;
    CHECK(wire.done[i].outcome == (i == 4 ? Outcome::kError : skipped));
  }
  CHECK(wire.done[5].first_read_ns == 0);
  check_quiet(wire);
}

TEST_CASE("PostgreSQL: whose an error is", "[postgresql]") {
  using enum Outcome;
  Wire wire;
  prepare(wire);
  SECTION("of a Parse behind an answered Execute: the next one's") {
    wire.request(kRun + parse("", "SELEC $1") + bind_to("", "") + execute() + sync_up());
    wire.reply(kRan + error("42601") + ready());
    CHECK(outcomes(wire) == std::vector{kOk, kError});
  }
  SECTION("of the Sync, as of a deferred constraint: that of the Execute before it") {
    wire.request(kRun + sync_up());
    wire.reply(kRan + error("23503") + ready());
    CHECK(outcomes(wire) == std::vector{kError});
    CHECK(error_of(wire.done[0]) == "23503");
  }
  SECTION("where no Execute is before the Sync: no call's") {
    wire.request(parse("s2", "SELEC") + sync_up() + kRun + sync_up());
    wire.reply(error("42601") + ready() + kRan + ready());
    CHECK(outcomes(wire) == std::vector{kOk});
  }
  SECTION("of a Parse that was flushed: what follows is skipped") {
    wire.request(parse("s2", "SELEC") + describe('S', "s2") + flush());
    wire.reply(error("42601"));
    wire.request(bind_to("", "s2") + execute() + sync_up());
    wire.reply(ready());
    CHECK(outcomes(wire) == std::vector{kAborted});
  }
  SECTION("of the second of two statements: the query's") {
    wire.request(query("UPDATE a SET x = 1; SELECT 1 / 0"));
    wire.reply(complete("UPDATE 3") + error("22012") + ready());
    CHECK(outcomes(wire) == std::vector{kError});
  }
  SECTION("without a proper code: an error all the same") {
    for (const std::string& body : {text("SERROR") + '\0', text("SERROR") + text("C2350") + '\0',
                                    text("C\x1b[31m") + '\0', std::string("C23505"), text("")}) {
      wire.request(query("SELECT 1"));
      wire.reply(message('E', body) + ready());
      REQUIRE_FALSE(wire.done.empty());
      CHECK(wire.done.back().outcome == kError);
      CHECK(error_of(wire.done.back()).empty());
    }
  }
  check_quiet(wire);
}

TEST_CASE("PostgreSQL: a simple query ends what was flushed before it", "[postgresql]") {
  Wire wire;
  prepare(wire);
  wire.request(kRun + query("COMMIT"));
  wire.reply(kRan + complete("COMMIT") + ready());
  REQUIRE(wire.done.size() == 2);
  CHECK(wire.text_of(wire.done[1]) == "COMMIT");
  CHECK(wire.done[1].transaction == Transaction::kNone);
  check_quiet(wire);
}

TEST_CASE("PostgreSQL: Syncs alone are no calls", "[postgresql]") {
  Wire wire;
  wire.request(sync_up());
  const std::uint64_t asked = wire.request(sync_up() + sync_up() + query("SELECT 1"));
  CHECK(wire.decoder->pending() == 1);
  CHECK(wire.decoder->busy_since() == asked);
  wire.reply(ready() + ready());
  wire.reply(ready() + complete("SELECT 1") + ready());
  CHECK(wire.done.size() == 1);
  check_quiet(wire);
}

TEST_CASE("PostgreSQL: COPY in by a client that does not wait for consent", "[postgresql]") {
  Wire wire;
  wire.request(parse("", "COPY t FROM STDIN") + bind_to("", "") + execute() + sync_up() +
               message('d', "1\n") + message('c') + sync_up());
  wire.request(query("SELECT 1"));
  wire.reply(parsed() + bound() + message('n') + message('G', std::string(3, '\0')) +
             complete("COPY 1") + ready());
  CHECK(wire.done.size() == 1);
  wire.reply(complete("SELECT 5") + ready());
  REQUIRE(wire.done.size() == 2);
  CHECK(wire.done[1].rows == 5);
  check_quiet(wire);
}

TEST_CASE("PostgreSQL: PgBouncer in transaction mode prepares for many clients", "[postgresql]") {
  Wire wire;
  for (int client = 1; client <= 3; client++) {
    const std::string number = std::to_string(client), name = "PGBOUNCER_" + number;
    wire.request(parse(name, "SELECT a FROM t" + number) + flush());
    wire.reply(parsed());
    wire.request(query("BEGIN"));
    wire.reply(complete("BEGIN") + ready('T'));
    wire.request(bind_to("", name) + describe('P', "") + execute() + sync_up());
    wire.reply(bound() + row_description() + complete("SELECT 0") + ready('T'));
    CHECK(wire.text_of(wire.done.back()) == "SELECT a FROM t" + number);
    wire.request(query("COMMIT"));
    wire.reply(complete("COMMIT") + ready());
  }
  wire.request(query("DISCARD ALL"));
  wire.reply(complete("DISCARD ALL") + ready());
  CHECK(wire.done.size() == 10);
  CHECK(wire.done.back().transaction == Transaction::kNone);
  check_quiet(wire);
}
