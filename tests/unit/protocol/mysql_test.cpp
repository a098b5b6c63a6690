// SPDX-License-Identifier: Apache-2.0
// Commands and their answers, all of which was captured.
#include "catch.h"
#include "unit/protocol/mysql_wire.h"

namespace culprit {

using namespace mysql_wire;

TEST_CASE("MySQL: a query and its rows are one call with all its times") {
  Connection c;
  c.send(query("SELECT a FROM t WHERE id = 7"));
  CHECK(c.decoder->pending() == 1);
  CHECK(c.decoder->busy_since() == c.now);
  const std::uint64_t sent = c.now;
  const std::string reply = result({.rows = 3});
  c.receive(reply.substr(0, 20));
  CHECK(c.calls.empty());
  c.receive(reply.substr(20));
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
  CHECK(call.request_bytes == 4 + 1 + 28);
  CHECK(call.reply_bytes == reply.size());
  CHECK(call.flags == 0);
  CHECK(call.outcome == Outcome::kOk);
  CHECK(call.transaction == Transaction::kNone);
  CHECK(c.quiet());
}

TEST_CASE("MySQL: pieces may be cut anywhere") {
  const std::string request = query("UPDATE t SET a = 'x' WHERE b IN (1, 2)");
  const std::string reply = result({.columns = 3, .rows = 4});
  for (std::size_t cut = 1; cut < reply.size(); cut++) {
    Connection c;
    c.send(query("SELECT 1"));
    c.receive(result({.rows = 1}));
    const std::size_t request_cut = 4 + cut % (request.size() - 4);
    c.send(std::string_view(request).substr(0, request_cut));
    c.send(std::string_view(request).substr(request_cut));
    c.receive(std::string_view(reply).substr(0, cut));
    c.receive(std::string_view(reply).substr(cut));
    REQUIRE(c.calls.size() == 2);
    CHECK(c.last_text() == "UPDATE t SET a = ? WHERE b IN (?)");
    CHECK(c.calls[1].rows == 4);
    CHECK(c.calls[1].reply_bytes == reply.size());
    CHECK(c.calls[1].request_bytes == request.size());
    CHECK(c.calls[1].flags == 0);
    CHECK(c.quiet());
  }
}

TEST_CASE("MySQL: header and body in two writes, and byte by byte") {
  Connection c(true);
  c.log_in(0);
  const std::string request = query("SELECT 1");
  c.send(request.substr(0, 4));
  const std::uint64_t began = c.now;
  c.send(request.substr(4));
  const std::uint64_t sent = c.now;
  c.receive(result({.rows = 1}));
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].start_ns == began);
  CHECK(c.calls[0].request_end_ns == sent);

  for (const char& byte : request) c.send(std::string_view(&byte, 1));
  const std::string reply = result({.columns = 2, .rows = 2});
  for (const char& byte : reply) c.receive(std::string_view(&byte, 1));
  REQUIRE(c.calls.size() == 2);
  CHECK(c.last_text() == "SELECT ?");
  CHECK(c.calls[1].rows == 2);
  CHECK(c.quiet());
}

TEST_CASE("MySQL: an old connection's header alone begins a command, too") {
  Connection c;
  const std::string request = query("SELECT 1");
  c.send(request.substr(0, 4));
  c.send(request.substr(4));
  c.receive(ok(1));
  CHECK(c.texts() == std::vector<std::string>{"SELECT ?"});
}

TEST_CASE("MySQL: the sequence wraps within long results") {
  Connection c;
  c.send(query("SELECT 1"));
  c.receive(result({.rows = 1000}));
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].rows == 1000);
  CHECK(c.quiet());
}

TEST_CASE("MySQL: changed rows and the transaction come from OK packets") {
  Connection c;
  c.send(query("BEGIN"));
  c.receive(ok(1, 0, kInTransaction));
  c.send(query("DELETE FROM t"));
  c.receive(ok(1, 42, kInTransaction));
  c.send(query("COMMIT"));
  c.receive(ok(1, 0, kAutocommit));
  REQUIRE(c.calls.size() == 3);
  CHECK(c.calls[0].transaction == Transaction::kOpen);
  CHECK(c.calls[1].rows == 42);
  CHECK(c.calls[1].transaction == Transaction::kOpen);
  CHECK(c.calls[2].transaction == Transaction::kNone);
  CHECK(c.texts() == std::vector<std::string>{"BEGIN", "DELETE FROM t", "COMMIT"});
}

TEST_CASE("MySQL: results with and without EOF packets, with many columns or no rows") {
  for (const bool eof_packets : {true, false})
    for (const bool known : {true, false})
      for (const int columns : {1, 250, 251, 300, 4096})
        for (const int rows : {0, 1, 5}) {
          Connection c(known);
          if (known) c.log_in(eof_packets ? 0 : kDeprecateEof);
          c.send(query("SELECT 1"));
          c.receive(result({.columns = columns, .rows = rows, .eof_packets = eof_packets}));
          REQUIRE(c.calls.size() == 1);
          CHECK(c.calls[0].rows == static_cast<std::uint64_t>(rows));
          CHECK(c.quiet());
        }
}

TEST_CASE("MySQL: results without definitions, which the client knows already") {
  const std::string rows = packet(2, text("x")) + packet(3, text("y")) + ok_eof(4);
  for (const std::string& count : {tiny(3) + tiny(0), tiny(1) + tiny(0), tiny(0) + tiny(3)}) {
    Connection c(true);
    c.log_in(kDeprecateEof);
    c.send(query("SELECT 1"));
    c.receive(packet(1, count) + rows);
    REQUIRE(c.calls.size() == 1);
    CHECK(c.calls[0].rows == 2);
    CHECK(c.quiet());
  }
  Connection c(true);
  c.log_in(kDeprecateEof);
  c.send(query("SELECT 1"));
  c.receive(packet(1, tiny(1) + tiny(2)) + definition(2) + definition(3) + packet(4, text("x")) +
            ok_eof(5));
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].rows == 1);
}

TEST_CASE("MySQL: several statements in one query are one call until the last result") {
  Connection c;
  c.send(query("UPDATE t SET a = 1; SELECT a FROM t; DELETE FROM t"));
  int sequence = 2;
  std::string reply = ok(1, 2, kAutocommit | kMore);
  reply += result(sequence, {.rows = 3, .status = kAutocommit | kMore});
  c.receive(reply);
  CHECK(c.calls.empty());
  c.receive(ok(sequence, 4));
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].rows == 2 + 3 + 4);
  CHECK(c.quiet());
}

TEST_CASE("MySQL: CALL with OUT parameters") {
  Connection c;
  c.send(prepare("CALL p(?, @out)"));
  c.receive(prepared(1, 1, 0));
  c.send(execute(1));
  int sequence = 1;
  std::string reply = result(sequence, {.rows = 5, .status = kAutocommit | kMore});
  reply += result(sequence, {.rows = 1, .status = kAutocommit | kMore | kOut});
  c.receive(reply + ok(sequence));
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].rows == 5);  // what OUT gives back is no row
  CHECK(c.quiet());
}

TEST_CASE("MySQL: errors, whole, short, amid rows and after a result") {
  Connection c;
  c.send(query("SELEC"));
  c.receive(error(1, 1064));
  c.send(query("SELECT 1"));
  c.receive(error(1, 1040, ""));
  c.send(query("SELECT 1"));
  c.receive(packet(1, "\xff"));
  c.send(query("SELECT sleep(9)"));
  c.receive(packet(1, tiny(1)) + definition(2) + eof(3) + packet(4, text("x")) + error(5, 3024));
  c.send(query("SELECT 1; SELEC"));
  int sequence = 1;
  const std::string first = result(sequence, {.rows = 1, .status = kMore});
  c.receive(first + error(sequence, 1146));
  REQUIRE(c.calls.size() == 5);
  const char* const numbers[] = {"1064", "1040", "", "3024", "1146"};
  for (std::size_t i = 0; i < 5; i++) {
    CHECK(c.calls[i].outcome == Outcome::kError);
    CHECK(error_of(c.calls[i]) == numbers[i]);
    CHECK(c.calls[i].rows == kUnknownCount);
    CHECK(c.calls[i].transaction == Transaction::kUnknown);
  }
  c.send(query("SELECT 1"));
  c.receive(ok(1));
  CHECK(c.calls[5].outcome == Outcome::kOk);
  CHECK(error_of(c.calls[5]).empty());
  CHECK(c.quiet());
}

TEST_CASE("MySQL: an empty query is a call without a text") {
  Connection c;
  c.send(query(""));
  c.receive(error(1, 1065));
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].query == 0);
  CHECK(error_of(c.calls[0]) == "1065");
  CHECK(c.quiet());
}

TEST_CASE("MariaDB: reports of progress are no errors") {
  Connection c;
  c.send(query("ALTER TABLE t ADD b int"));
  c.receive(error(1, 65535, "\1\1\2abc"));
  CHECK(c.calls.empty());
  c.receive(ok(2));
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].outcome == Outcome::kOk);
}

TEST_CASE("MySQL: a file of the client's goes up between two packets of the answer") {
  Connection c;
  c.send(query("LOAD DATA LOCAL INFILE '/x' INTO TABLE t"));
  const std::uint64_t began = c.now;
  c.receive(packet(1, "\xfb/x"));
  std::uint64_t bytes = 0;
  for (int i = 2; i < 700; i++) {  // the sequence wraps, and the file may look like commands
    const std::string part = packet(i, "\3SELECT 1");
    bytes += part.size();
    c.send(part);
  }
  c.send(packet(700, ""));
  const std::uint64_t sent = c.now;
  CHECK(c.calls.empty());
  CHECK(c.decoder->busy_since() == began);
  c.receive(ok(701, 123));
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].start_ns == began);
  CHECK(c.calls[0].request_end_ns == sent);
  CHECK(c.calls[0].first_read_ns == c.now);
  CHECK(c.calls[0].rows == 123);
  CHECK(c.calls[0].request_bytes > bytes);
  CHECK(c.quiet());
  c.send(query("SELECT 1"));
  c.receive(ok(1));
  CHECK(c.calls.size() == 2);
}

TEST_CASE("MySQL: a refused file ends the call") {
  Connection c;
  c.send(query("LOAD DATA LOCAL INFILE '/x' INTO TABLE t"));
  c.receive(packet(1, "\xfb/x"));
  c.send(packet(2, ""));
  c.receive(error(3, 2));
  REQUIRE(c.calls.size() == 1);
  CHECK(error_of(c.calls[0]) == "2");
  c.send(query("LOAD DATA LOCAL INFILE '/x' INTO TABLE t"));
  c.receive(packet(1, "\xfb/x"));
  c.send(packet(2, "data"));
  c.receive(error(3, 1148));  // while the file is still going up
  c.send(query("SELECT 1"));
  c.receive(ok(1));
  REQUIRE(c.calls.size() == 3);
  CHECK(error_of(c.calls[1]) == "1148");
  CHECK(c.last_text() == "SELECT ?");
}

TEST_CASE("MySQL: messages of 16 MiB and more go on in further packets") {
  constexpr std::size_t kMost = 0xffffff;
  Connection c(true);
  c.log_in(0);
  std::string sql = "SELECT '" + std::string(kMost, 'x') + "'";
  const std::string payload = "\3" + sql;
  c.send(packet(0, std::string_view(payload).substr(0, kMost)) +
         packet(1, std::string_view(payload).substr(kMost)));
  // A row of exactly the greatest length is followed by an empty packet.
  c.receive(packet(2, tiny(1)) + definition(3) + eof(4) + packet(5, std::string(kMost, 'y')) +
            packet(6, "") + eof(7));
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].rows == 1);
  CHECK(c.calls[0].request_bytes == payload.size() + 8);
  CHECK(c.calls[0].flags == kCallTruncated);
  CHECK(c.quiet());
}

TEST_CASE("MySQL: one write and one read may hold several messages") {
  Connection c(true);
  c.log_in(0);
  c.send(query("SELECT 1") + query("SELECT a FROM t") + command(0x0e));
  CHECK(c.decoder->pending() == 3);
  c.receive(result({.rows = 1}) + result({.rows = 2}) + ok(1));
  REQUIRE(c.calls.size() == 3);
  CHECK(c.texts() == std::vector<std::string>{"SELECT ?", "SELECT a FROM t", "PING"});
  CHECK(c.calls[0].flags == 0);
  CHECK(c.calls[1].flags == kCallPipelined);
  CHECK(c.calls[1].rows == 2);
  CHECK(c.quiet());
}

TEST_CASE("MySQL: hundreds of unanswered commands are paired, thousands are counted as lost") {
  Connection c(true);
  c.log_in(0);
  for (int i = 0; i < 1500; i++) c.send(i % 2 ? query("SELECT 1") : command(0x0e));
  CHECK(c.decoder->pending() == 512);
  CHECK(c.decoder->lost_calls() == 1500 - 512);
  for (int i = 0; i < 1500; i++) c.receive(i % 2 ? result({.rows = 1}) : ok(1));
  CHECK(c.calls.size() == 512);
  CHECK(c.decoder->pending() == 0);
  CHECK(c.decoder->contradictions() == 0);
  c.send(query("SELECT a FROM t"));
  c.receive(result({.rows = 9}));
  CHECK(c.last_text() == "SELECT a FROM t");
  CHECK(c.calls.back().rows == 9);
}

TEST_CASE("MySQL: what is unanswered when the connection ends is aborted") {
  Connection c(true);
  c.log_in(0);
  c.send(query("SELECT 1"));
  const std::string cut = query("SELECT 2");
  c.send(cut.substr(0, 8));
  c.decoder->close(c.now + 5, c.calls);
  REQUIRE(c.calls.size() == 2);
  for (const Call& call : c.calls) {
    CHECK(call.outcome == Outcome::kAborted);
    CHECK(call.end_ns == c.now + 5);
  }
  CHECK(c.decoder->pending() == 0);
}

}  // namespace culprit
