// SPDX-License-Identifier: Apache-2.0
// Queries and their answers, one after the other, all of which was captured.
#include "catch.h"
#include "unit/protocol/postgresql_wire.h"

namespace culprit {

using namespace postgresql_wire;
using Texts = std::vector<std::string>;

TEST_CASE("PostgreSQL: a simple query and its rows are one call with all its times") {
  Connection c;
  c.send(query("SELECT a FROM t WHERE id = 7"));
  CHECK(c.decoder->pending() == 1);
  CHECK(c.decoder->busy_since() == c.now);
  const std::uint64_t sent = c.now;
  const std::string reply = result(3) + ready();
  c.receive(reply.substr(0, 40));
  c.receive(reply.substr(40));
  REQUIRE(c.calls.size() == 1);
  const Call& call = c.calls[0];
  CHECK(c.last_text() == "SELECT a FROM t WHERE id = ?");
  CHECK(c.books.queries.find(call.query)->operation == "SELECT");
  CHECK(call.start_ns == sent);
  CHECK(call.request_end_ns == sent);
  CHECK(call.arrived_ns == sent + 500'000);
  CHECK(call.first_read_ns == sent + 1'000'000);
  CHECK(call.end_ns == sent + 2'000'000);
  CHECK(call.tid == 11);
  CHECK(call.reply_tid == 12);
  CHECK(call.rows == 3);
  CHECK(call.request_bytes == query("SELECT a FROM t WHERE id = 7").size());
  CHECK(call.reply_bytes == reply.size());
  CHECK(call.flags == 0);
  CHECK(call.outcome == Outcome::kOk);
  CHECK(call.transaction == Transaction::kNone);
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: changed rows come from the tag, and the transaction from ReadyForQuery") {
  Connection c;
  c.send(query("BEGIN"));
  c.receive(complete("BEGIN") + ready('T'));
  c.send(query("INSERT INTO t VALUES (1), (2)"));
  c.receive(complete("INSERT 0 2") + ready('T'));
  c.send(query("UPDATE t SET a = 1"));
  c.receive(error("40001") + ready('E'));
  c.send(query("ROLLBACK"));
  c.receive(complete("ROLLBACK") + ready('I'));
  REQUIRE(c.calls.size() == 4);
  CHECK(c.calls[0].rows == kUnknownCount);
  CHECK(c.calls[0].transaction == Transaction::kOpen);
  CHECK(c.calls[1].rows == 2);
  CHECK(c.calls[2].transaction == Transaction::kFailed);
  CHECK(c.calls[2].outcome == Outcome::kError);
  CHECK(error_of(c.calls[2]) == "40001");
  CHECK(c.calls[3].transaction == Transaction::kNone);
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: two statements of one message are one call") {
  Connection c;
  c.send(query("UPDATE a SET x = 1; UPDATE b SET y = 2"));
  c.receive(complete("UPDATE 3"));
  CHECK(c.calls.empty());
  c.receive(complete("UPDATE 4") + ready());
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].rows == 7);

  c.send(query("UPDATE a SET x = 1; SELECT 1 / 0"));
  c.receive(complete("UPDATE 3") + error("22012") + ready());
  REQUIRE(c.calls.size() == 2);
  CHECK(c.calls[1].outcome == Outcome::kError);
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: the empty query is a call") {
  Connection c;
  c.send(query(""));
  c.receive(kEmptyQuery + ready());
  c.send(parse("", "") + bind_to("", "") + execute() + kSync);
  c.receive(kParsed + kBound + kEmptyQuery + ready());
  CHECK(c.texts() == Texts{"(empty)", "(empty)"});
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: a function call is a call") {
  Connection c;
  c.send(message('F', std::string(10, '\0')));
  c.receive(message('V', big_endian(0)) + ready());
  CHECK(c.texts() == Texts{"(function call)"});
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: an extended query in one write is one call from Parse to ReadyForQuery") {
  Connection c;
  const std::string request = extended("SELECT a FROM t WHERE id = $1") + kSync;
  c.send(request);
  const std::uint64_t sent = c.now;
  const std::string reply = kParsed + kBound + result(1) + ready('T');
  c.receive(reply);
  REQUIRE(c.calls.size() == 1);
  CHECK(c.last_text() == "SELECT a FROM t WHERE id = ?");
  CHECK(c.calls[0].start_ns == sent);
  CHECK(c.calls[0].request_bytes == request.size());
  CHECK(c.calls[0].reply_bytes == reply.size());
  CHECK(c.calls[0].rows == 1);
  CHECK(c.calls[0].flags == 0);
  CHECK(c.calls[0].transaction == Transaction::kOpen);
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: an INSERT answers with Parse, Bind and tag only") {
  Connection c;
  c.send(parse("", "INSERT INTO t VALUES ($1)") + bind_to("", "") + execute() + kSync);
  c.receive(kParsed + kBound + complete("INSERT 0 1") + ready());
  CHECK(c.texts() == Texts{"INSERT INTO t VALUES (?)"});
  CHECK(c.calls[0].rows == 1);
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: a call begins with Parse and its request ends with Sync") {
  Connection c;
  c.send(parse("", "SELECT $1"));
  const std::uint64_t began = c.now;
  c.send(bind_to("", "") + describe());
  c.send(execute());
  c.send(kSync);
  const std::uint64_t sent = c.now;
  c.receive(kParsed);
  c.receive(kBound + result(1));
  CHECK(c.calls.empty());
  CHECK(c.decoder->pending() == 0);  // answered, but for the Sync
  CHECK(c.decoder->busy_since() == std::nullopt);
  c.receive(ready());
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].start_ns == began);
  CHECK(c.calls[0].request_end_ns == sent);
  CHECK(c.calls[0].first_read_ns == sent + 1'000'000);
  CHECK(c.calls[0].end_ns == c.now);
}

TEST_CASE("PostgreSQL: a statement prepared once is executed many times") {
  Connection c;
  c.send(parse("s1", "SELECT a FROM t WHERE id = $1") + describe('S', "s1") + kSync);
  CHECK(c.decoder->pending() == 0);
  c.receive(kParsed + message('t', big_endian(0, 2)) + columns() + ready());
  CHECK(c.calls.empty());
  for (int i = 0; i < 3; i++) {
    c.send(bind_to("", "s1") + execute() + kSync);
    CHECK(c.decoder->busy_since() == c.now);
    c.receive(kBound + row() + complete("SELECT 1") + ready());
  }
  REQUIRE(c.calls.size() == 3);
  for (const Call& call : c.calls) {
    CHECK(c.text_of(call) == "SELECT a FROM t WHERE id = ?");
    CHECK(call.flags == kCallPrepared);
    CHECK(call.start_ns == call.request_end_ns);
    CHECK(call.request_bytes == (bind_to("", "s1") + execute() + kSync).size());
  }
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: Parse, Describe and Flush with their answer are no part of the next call") {
  Connection c;
  c.send(parse("s1", "SELECT $1") + describe('S', "s1") + kFlush);
  c.receive(kParsed + message('t', big_endian(0, 2)) + columns());
  c.send(bind_to("", "s1") + execute() + kSync);
  const std::uint64_t sent = c.now;
  c.receive(kBound + row() + complete("SELECT 1") + ready());
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].start_ns == sent);
  CHECK(c.calls[0].reply_bytes == (kBound + row() + complete("SELECT 1") + ready()).size());
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: an Execute that is flushed ends with its tag") {
  Connection c;
  c.send(extended("SELECT $1") + kFlush);
  c.receive(kParsed + kBound + result(2));
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].end_ns == c.now);
  CHECK(c.calls[0].request_bytes == (extended("SELECT $1") + kFlush).size());
  CHECK(c.calls[0].transaction == Transaction::kUnknown);
  c.send(kSync);
  CHECK(c.decoder->pending() == 0);
  c.receive(ready());
  CHECK(c.calls.size() == 1);
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: a portal fetched in parts is a call a part") {
  Connection c;
  c.send(parse("", "SELECT a FROM t") + bind_to("p1", "") + execute("p1", 2) + kFlush);
  c.receive(kParsed + kBound + rows(2) + kSuspended);
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].rows == 2);
  c.send(execute("p1", 2) + kSync);
  c.receive(rows(2) + kSuspended + ready('T'));
  c.send(execute("p1", 2) + close_portal("p1") + kSync);
  c.receive(row() + complete("SELECT 1") + kClosed + ready('T'));
  CHECK(c.texts() == Texts(3, "SELECT a FROM t"));
  CHECK(c.calls[1].rows == 2);
  CHECK(c.calls[1].transaction == Transaction::kOpen);
  CHECK(c.calls[2].rows == 1);
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: cursors are calls of their own") {
  Connection c;
  c.send(query("DECLARE c1 CURSOR FOR SELECT a FROM t"));
  c.receive(complete("DECLARE CURSOR") + ready('T'));
  c.send(query("FETCH 10 FROM c1"));
  c.receive(columns() + rows(10) + complete("FETCH 10") + ready('T'));
  c.send(query("CLOSE c1"));
  c.receive(complete("CLOSE CURSOR") + ready('T'));
  REQUIRE(c.calls.size() == 3);
  CHECK(c.calls[1].rows == 10);
  CHECK(c.texts()[1] == "FETCH ? FROM c?");
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: pieces of any size, in both directions") {
  for (const std::size_t size : {1, 2, 3, 4, 5, 6, 7, 64})
    for (const bool from_start : {false, true}) {
      CAPTURE(size, from_start);
      Connection c(from_start);
      const std::string simple = query("SELECT a FROM t WHERE id = 7");
      const std::string reply = notice() + result(3) + ready();
      c.send_in(size, simple);
      const std::uint64_t sent = c.now;
      c.receive_in(size, reply);
      REQUIRE(c.calls.size() == 1);
      CHECK(c.calls[0].rows == 3);
      CHECK(c.calls[0].reply_bytes == reply.size() - notice().size());
      CHECK(c.calls[0].first_read_ns == sent + 1'000'000 * (notice().size() / size + 1));
      CHECK(c.calls[0].end_ns == c.now);
      const std::string request = extended("INSERT INTO t VALUES ($1)") + kSync;
      c.send_in(size, request);
      c.receive_in(size, kParsed + kBound + kNoData + complete("INSERT 0 1") + ready());
      CHECK(c.texts() == Texts{"SELECT a FROM t WHERE id = ?", "INSERT INTO t VALUES (?)"});
      CHECK(c.calls.back().request_bytes == request.size());
      CHECK(c.quiet());
    }
}

TEST_CASE("PostgreSQL: header and text in different pieces") {
  const std::string request = query("SELECT a FROM t WHERE id = 7");
  for (std::size_t cut = 1; cut < request.size(); cut++) {
    Connection c;
    c.send(request.substr(0, cut));
    const std::uint64_t began = c.now;
    c.send(request.substr(cut));
    const std::uint64_t sent = c.now;
    c.receive(result(1) + ready());
    REQUIRE(c.calls.size() == 1);
    CHECK(c.last_text() == "SELECT a FROM t WHERE id = ?");
    CHECK(c.calls[0].start_ns == began);
    CHECK(c.calls[0].request_end_ns == sent);
    CHECK(c.quiet());
  }
}

TEST_CASE("PostgreSQL: long statements in up to 40 pieces, simple and extended") {
  for (const std::size_t size : {1100, 9000, 31000, 1100000})
    for (const std::size_t pieces : {1, 2, 7, 40}) {
      CAPTURE(size, pieces);
      const std::string sql = "SELECT a FROM t WHERE b = '" + std::string(size, 'x') + "'";
      Connection c(true);
      c.send_in(sql.size() / pieces + 8, query(sql));
      c.receive(result(1) + ready());
      c.send_in(sql.size() / pieces + 100, extended(sql) + kSync);
      c.receive(kParsed + kBound + result(1) + ready());
      REQUIRE(c.calls.size() == 2);
      CHECK(c.last_text() == "SELECT a FROM t WHERE b = ?");
      CHECK(c.calls[0].query == c.calls[1].query);
      CHECK(c.calls[0].request_bytes == query(sql).size());
      CHECK(c.calls[1].request_bytes == (extended(sql) + kSync).size());
      CHECK(((c.calls[0].flags & kCallTruncated) != 0) == (size > 8192 && pieces > 1));
      CHECK(c.quiet());
    }
}

TEST_CASE("PostgreSQL: a text that comes again and again is known by its hash") {
  Connection c;
  for (int i = 0; i < 100; i++) {
    const std::string sql = "SELECT a" + std::to_string(i % 20) + " FROM t";
    c.send(extended(sql) + kSync);
    c.receive(kParsed + kBound + result(1) + ready());
    CHECK(c.last_text() == sql);
  }
  CHECK(c.quiet());
}

}  // namespace culprit
