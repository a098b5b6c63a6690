// SPDX-License-Identifier: Apache-2.0
// Calls by the simple protocol: one Query, anything up to its ReadyForQuery.
#include "catch.h"
#include "unit/protocol/postgresql_connection.h"

using namespace culprit;
using namespace culprit::postgresql;

TEST_CASE("PostgreSQL: a simple query", "[postgresql]") {
  Wire wire;
  const std::string question = query("SELECT a FROM t WHERE b = 42");
  const std::string answer = row_description() + row("1") + row("2") + complete("SELECT 2");
  const std::uint64_t asked = wire.request(question);
  CHECK(wire.decoder->pending() == 1);
  CHECK(wire.decoder->busy_since() == asked);
  const std::uint64_t first = wire.reply(answer);
  CHECK(wire.done.empty());
  const std::uint64_t last = wire.reply(ready('T'));
  CHECK(wire.decoder->pending() == 0);
  CHECK_FALSE(wire.decoder->busy_since());

  REQUIRE(wire.done.size() == 1);
  const Call& call = wire.done[0];
  CHECK(wire.text_of(call) == "SELECT a FROM t WHERE b = ?");
  CHECK(call.start_ns == asked);
  CHECK(call.request_end_ns == asked);
  CHECK(call.arrived_ns == first - 500);
  CHECK(call.first_read_ns == first);
  CHECK(call.end_ns == last);
  CHECK(call.request_bytes == question.size());
  CHECK(call.reply_bytes == answer.size() + ready().size());
  CHECK(call.rows == 2);
  CHECK(call.tid == 7);
  CHECK(call.reply_tid == 8);
  CHECK(call.flags == 0);
  CHECK(call.outcome == Outcome::kOk);
  CHECK(call.transaction == Transaction::kOpen);
  CHECK(error_of(call).empty());
}

TEST_CASE("PostgreSQL: two statements in one query are one call", "[postgresql]") {
  Wire wire;
  wire.request(query("INSERT INTO t VALUES (1); UPDATE t SET a = 2"));
  wire.reply(complete("INSERT 0 1") + complete("UPDATE 5"));
  CHECK(wire.done.empty());
  wire.reply(ready());
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].rows == 6);
  CHECK(wire.done[0].transaction == Transaction::kNone);
}

TEST_CASE("PostgreSQL: an empty query, simple and extended", "[postgresql]") {
  Wire wire;
  wire.request(query(""));
  wire.reply(message('I') + ready());
  wire.request(parse("", "") + bind_to("", "") + execute() + sync_up());
  wire.reply(parsed() + bound() + message('I') + ready());
  REQUIRE(wire.done.size() == 2);
  CHECK(wire.text_of(wire.done[0]) == "(empty)");
  CHECK(wire.done[0].query == wire.done[1].query);
  CHECK(wire.done[0].rows == kUnknownCount);
}

TEST_CASE("PostgreSQL: rows as the tags tell", "[postgresql]") {
  const std::pair<const char*, std::uint64_t> tags[] = {
      {"SELECT 7", 7},
      {"INSERT 0 3", 3},
      {"UPDATE 4", 4},
      {"DELETE 0", 0},
      {"MERGE 9", 9},
      {"FETCH 10", 10},
      {"MOVE 2", 2},
      {"COPY 8", 8},
      {"BEGIN", kUnknownCount},
      {"CREATE TABLE", kUnknownCount},
      {"SELECT x", kUnknownCount},
      {"", kUnknownCount},
      {"SELECT 99999999999999999999999", kUnknownCount}};
  for (const auto& [tag, rows] : tags) {
    Wire wire;
    wire.request(query("SELECT 1"));
    wire.reply(complete(tag) + ready());
    INFO(tag);
    REQUIRE(wire.done.size() == 1);
    CHECK(wire.done[0].rows == rows);
  }
}

TEST_CASE("PostgreSQL: an error and the state of the transaction", "[postgresql]") {
  Wire wire;
  wire.request(query("BEGIN"));
  wire.reply(complete("BEGIN") + ready('T'));
  wire.request(query("INSERT INTO t VALUES (1)"));
  wire.reply(error("23505") + ready('E'));
  wire.request(query("ROLLBACK"));
  wire.reply(complete("ROLLBACK") + ready('I'));
  REQUIRE(wire.done.size() == 3);
  CHECK(wire.done[0].transaction == Transaction::kOpen);
  CHECK(wire.done[1].outcome == Outcome::kError);
  CHECK(error_of(wire.done[1]) == "23505");
  CHECK(wire.done[1].transaction == Transaction::kFailed);
  CHECK(wire.done[2].outcome == Outcome::kOk);
  CHECK(wire.done[2].transaction == Transaction::kNone);
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("PostgreSQL: what the server says unasked is no reply", "[postgresql]") {
  Wire wire;
  wire.request(query("LISTEN channel"));
  wire.reply(complete("LISTEN") + ready());
  wire.take();
  wire.reply(notification());
  CHECK(wire.done.empty());
  wire.request(query("DO $$ begin raise notice 'x'; end $$"));
  wire.reply(notification());
  wire.reply(notice() + message('S', text("TimeZone") + text("UTC")));
  const std::uint64_t first = wire.reply(complete("DO") + ready());
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].first_read_ns == first);
  CHECK(wire.done[0].reply_bytes == complete("DO").size() + ready().size());
}

TEST_CASE("PostgreSQL: cursors of SQL and calls of functions", "[postgresql]") {
  Wire wire;
  wire.request(query("DECLARE c CURSOR FOR SELECT 1"));
  wire.reply(complete("DECLARE CURSOR") + ready('T'));
  wire.request(query("FETCH 100 FROM c"));
  wire.reply(row_description() + row("1") + complete("FETCH 1") + ready('T'));
  wire.request(message('F', int32(952) + std::string("\0\0\0\0\0\0", 6)));
  wire.reply(message('V', int32(4) + int32(1)) + ready('T'));
  REQUIRE(wire.done.size() == 3);
  CHECK(wire.done[1].rows == 1);
  CHECK(wire.text_of(wire.done[2]) == "fastpath function 952");
  CHECK(wire.done[2].outcome == Outcome::kOk);
  CHECK((wire.done[2].flags & kCallResynced) == 0);
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("PostgreSQL: simple queries sent ahead", "[postgresql]") {
  Wire wire;
  std::string questions, answers;
  for (int i = 0; i < 50; i++) {
    questions += query("SELECT " + std::to_string(i));
    answers += row_description() + row("x") + complete("SELECT 1") + ready();
  }
  wire.request(questions);
  CHECK(wire.decoder->pending() == 50);
  wire.reply(answers);
  REQUIRE(wire.done.size() == 50);
  CHECK((wire.done[0].flags & kCallPipelined) == 0);
  CHECK((wire.done[49].flags & kCallPipelined) != 0);
  CHECK(wire.done[49].reply_bytes == answers.size() / 50);
  CHECK(wire.done[49].request_bytes == query("SELECT 49").size());
}

TEST_CASE("PostgreSQL: the end of a connection", "[postgresql]") {
  Wire wire;
  SECTION("Terminate is no call") {
    wire.request(query("SELECT 1"));
    wire.reply(complete("SELECT 1") + ready());
    wire.request(message('X'));
    CHECK(wire.decoder->pending() == 0);
    wire.close();
    CHECK(wire.done.size() == 1);
  }
  SECTION("a reset amid a query") {
    const std::uint64_t asked = wire.request(query("SELECT pg_sleep(10)"));
    const std::uint64_t closed = wire.close();
    REQUIRE(wire.done.size() == 1);
    CHECK(wire.done[0].outcome == Outcome::kAborted);
    CHECK(wire.done[0].start_ns == asked);
    CHECK(wire.done[0].end_ns == closed);
    CHECK(wire.decoder->pending() == 0);
    CHECK_FALSE(wire.decoder->busy_since());
  }
  SECTION("the server says why") {
    wire.request(query("SELECT pg_sleep(10)"));
    wire.reply(error("57P01"));
    wire.close();
    REQUIRE(wire.done.size() == 1);
    CHECK(wire.done[0].outcome == Outcome::kError);
    CHECK(error_of(wire.done[0]) == "57P01");
  }
  SECTION("answered, but not ready again") {
    wire.request(parse("", "SELECT 1") + bind_to("", "") + execute() + sync_up());
    const std::uint64_t answered = wire.reply(parsed() + bound() + complete("SELECT 1"));
    wire.close();
    REQUIRE(wire.done.size() == 1);
    CHECK(wire.done[0].outcome == Outcome::kOk);
    CHECK(wire.done[0].end_ns == answered);
  }
}

TEST_CASE("PostgreSQL: COPY is one call with its data", "[postgresql]") {
  Wire wire;
  const std::string format("\0\0\0", 3), data = message('d', "1\tone\n");
  SECTION("in") {
    const std::string question = query("COPY t FROM STDIN");
    const std::uint64_t asked = wire.request(question);
    wire.reply(message('G', format));
    for (int i = 0; i < 100; i++) wire.request(data);
    const std::uint64_t sent = wire.request(message('c'));
    CHECK(wire.decoder->pending() == 1);
    const std::uint64_t end = wire.reply(complete("COPY 100") + ready());
    REQUIRE(wire.done.size() == 1);
    const Call& call = wire.done[0];
    CHECK(call.rows == 100);
    CHECK(call.start_ns == asked);
    CHECK(call.request_end_ns == sent);
    CHECK(call.first_read_ns == end);
    CHECK(call.request_bytes == question.size() + 100 * data.size() + 5);
    CHECK(call.reply_bytes == 8 + complete("COPY 100").size() + ready().size());
  }
  SECTION("in, by the extended protocol, whose first Sync the server ignores") {
    wire.request(parse("", "COPY t FROM STDIN") + bind_to("", "") + execute() + sync_up());
    wire.reply(parsed() + bound() + message('G', format));
    wire.request(data + data + message('c') + sync_up());
    wire.reply(complete("COPY 2") + ready());
    REQUIRE(wire.done.size() == 1);
    CHECK(wire.done[0].rows == 2);
    wire.request(query("SELECT 1"));
    wire.reply(complete("SELECT 1") + ready());
    CHECK(wire.done.size() == 2);
  }
  SECTION("in, failed by the server amid the data") {
    wire.request(query("COPY t FROM STDIN"));
    wire.reply(message('G', format));
    wire.request(data);
    wire.reply(error("22P02") + ready());
    wire.request(data + message('c'));
    REQUIRE(wire.done.size() == 1);
    CHECK(error_of(wire.done[0]) == "22P02");
    CHECK(wire.decoder->pending() == 0);
  }
  SECTION("in, given up by the client") {
    wire.request(query("COPY t FROM STDIN"));
    wire.reply(message('G', format));
    wire.request(data + message('f', text("no more")));
    wire.reply(error("57014") + ready());
    REQUIRE(wire.done.size() == 1);
    CHECK(error_of(wire.done[0]) == "57014");
  }
  SECTION("out") {
    wire.request(query("COPY t TO STDOUT"));
    const std::uint64_t first = wire.reply(message('H', format) + data);
    for (int i = 0; i < 99; i++) wire.reply(data);
    wire.reply(message('c') + complete("COPY 100") + ready());
    REQUIRE(wire.done.size() == 1);
    CHECK(wire.done[0].rows == 100);
    CHECK(wire.done[0].first_read_ns == first);
  }
  SECTION("both ways, which waits by its nature") {
    wire.request(query("START_REPLICATION SLOT s LOGICAL 0/0"));
    const std::uint64_t first = wire.reply(message('W', format));
    wire.reply(data);
    wire.request(data);
    wire.reply(data);
    CHECK(wire.decoder->pending() == 1);
    wire.request(message('c'));
    wire.reply(message('c') + complete("COPY 0") + ready());
    REQUIRE(wire.done.size() == 1);
    CHECK((wire.done[0].flags & kCallWaits) != 0);
    CHECK(wire.done[0].first_read_ns == first);
  }
}
