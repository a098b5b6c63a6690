// SPDX-License-Identifier: Apache-2.0
// Bytes that were not captured, and connections that are older than culprit.
#include "catch.h"
#include "unit/protocol/mysql_wire.h"

namespace culprit {

using namespace mysql_wire;

namespace {

struct OldConnection : Connection {
  OldConnection() : Connection(false) {}
  explicit OldConnection(bool eof_packets) : Connection(true) {
    log_in(eof_packets ? 0 : kDeprecateEof);
  }
  /// The first bytes of a reply and the last, as the kernel copies large results.
  void receive_ends(std::string_view reply, std::size_t head, std::size_t tail) {
    receive(reply.substr(0, head));
    receive(reply.substr(reply.size() - tail), reply.size() - head - tail);
  }
  void ask(std::string_view sql) { send(query(sql)); }
};

}  // namespace

TEST_CASE("MySQL: a connection met in mid-stream starts at its first command") {
  OldConnection c;
  c.receive(result({.rows = 9}).substr(30));
  c.send("tail of something long");
  c.receive("more");
  CHECK(c.calls.empty());
  c.ask("SELECT 1");
  c.receive(result({.rows = 1}));
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].rows == 1);
  CHECK(c.calls[0].flags == 0);
  CHECK(c.quiet());
}

TEST_CASE("MySQL: a long statement is cut where the capture ends, and its length is exact") {
  const std::string request =
      query("SELECT a FROM t WHERE b IN (" + std::string(100'000, '1') + ")");
  // The rest is told with the next request, at once, or in two parts.
  for (const int way : {0, 1, 2}) {
    OldConnection c(true);
    c.send(request.substr(0, 4000));
    CHECK(c.decoder->busy_since() == c.now);
    CHECK(c.decoder->pending() == 1);
    std::uint64_t rest = request.size() - 4000;
    if (way == 1) c.send("", rest);
    if (way == 2) {
      c.send("", 1000);
      c.send(request.substr(request.size() - 64), rest - 1000 - 64);
    }
    const std::uint64_t sent = c.now;
    c.receive(result({.rows = 2}));
    REQUIRE(c.calls.size() == 1);
    CHECK(c.calls[0].flags == kCallTruncated);
    CHECK(c.calls[0].request_bytes == request.size());
    CHECK(c.calls[0].request_end_ns == sent);
    CHECK(c.calls[0].rows == 2);
    CHECK(c.last_text().substr(0, 23) == "SELECT a FROM t WHERE b");
    CHECK(c.books.queries.find(c.calls[0].query)->truncated);
    c.send(query("SELECT 1"), way == 0 ? rest : 0);
    c.receive(ok(1));
    CHECK(c.last_text() == "SELECT ?");
    CHECK(c.quiet());
  }
}

TEST_CASE("MySQL: a cut statement whose rest is never told ends at the next command") {
  OldConnection c(true);
  c.send(query("SELECT " + std::string(50'000, '1')).substr(0, 4000));
  c.receive(ok(1));
  c.ask("SELECT a FROM t");
  c.receive(ok(1));
  REQUIRE(c.calls.size() == 2);
  CHECK(c.last_text() == "SELECT a FROM t");
}

TEST_CASE("MySQL: missing bytes within a row are skipped and rows stay exact") {
  for (const bool eof_packets : {true, false}) {
    OldConnection c(eof_packets);
    c.ask("SELECT a FROM t");
    const std::string reply = result({.rows = 1,
                                      .eof_packets = eof_packets,
                                      .row = "\xfc" + number(60000, 2) + std::string(60000, 'r')});
    c.receive_ends(reply, 1000, 64);
    REQUIRE(c.calls.size() == 1);
    CHECK(c.calls[0].rows == 1);
    CHECK(c.calls[0].flags == 0);
    CHECK(c.calls[0].reply_bytes == reply.size());
    CHECK(c.quiet());
  }
}

TEST_CASE("MySQL: missing rows: the end is found at the end of the last piece") {
  for (const bool eof_packets : {true, false}) {
    OldConnection c(eof_packets);
    c.ask("SELECT a FROM t");
    const std::string reply =
        result({.rows = 5000, .eof_packets = eof_packets, .status = kInTransaction});
    c.receive(reply.substr(0, 4000));
    for (std::size_t at = 16384; at < reply.size(); at += 16384)
      c.receive(reply.substr(at - 64, 64), at == 16384 ? at - 64 - 4000 : 16384 - 64);
    CHECK(c.calls.empty());
    const std::size_t rest = reply.size() % 16384;
    REQUIRE(rest > 64);
    c.receive(reply.substr(reply.size() - 64), rest - 64);
    REQUIRE(c.calls.size() == 1);
    CHECK(c.calls[0].rows == kUnknownCount);
    CHECK(c.calls[0].flags == kCallResynced);
    CHECK(c.calls[0].end_ns == c.now);
    CHECK(c.calls[0].transaction == Transaction::kOpen);
    CHECK(c.calls[0].reply_bytes == reply.size());
    c.ask("SELECT 1");
    c.receive(result({.rows = 1, .eof_packets = eof_packets}));
    REQUIRE(c.calls.size() == 2);
    CHECK(c.calls[1].flags == 0);
    CHECK(c.quiet());
  }
}

TEST_CASE("MySQL: the end of a result that was lost may be spread over pieces, or an error") {
  OldConnection c(true);
  c.ask("SELECT a FROM t");
  std::string reply = result({.rows = 3000});
  c.receive(reply.substr(0, 1000));
  c.receive(reply.substr(reply.size() - 64, 60), reply.size() - 1000 - 64);
  CHECK(c.calls.empty());
  c.receive(reply.substr(reply.size() - 4));
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].end_ns == c.now);

  c.ask("SELECT a FROM t");
  reply = result({.rows = 3000}) + error(9, 3024, "#HY000too long");
  c.receive_ends(reply, 1000, 64);
  REQUIRE(c.calls.size() == 2);
  CHECK(c.calls[1].outcome == Outcome::kError);
  CHECK(error_of(c.calls[1]) == "3024");
  CHECK(c.quiet());
}

TEST_CASE("MySQL: of several results, some are lost") {
  OldConnection c(true);
  c.ask("SELECT a FROM t; SELECT b FROM t");
  int sequence = 1;
  const std::string first = result(sequence, {.rows = 3000, .status = kAutocommit | kMore});
  const std::string second = result(sequence, {.rows = 3});
  c.receive_ends(first, 1000, 64);
  CHECK(c.calls.empty());
  c.receive(second);
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].flags == kCallResynced);
  CHECK(c.calls[0].rows == kUnknownCount);
  CHECK(c.calls[0].reply_bytes == first.size() + second.size());
  CHECK(c.quiet());
}

TEST_CASE("MySQL: when the end was not captured, the next request closes the reply") {
  // The rest is told with the next reply, or at once.
  for (const bool told : {false, true}) {
    OldConnection c(true);
    c.ask("SELECT a FROM t");
    const std::string reply = result({.rows = 500});
    c.receive(reply.substr(0, 1000));
    if (told) c.receive("", reply.size() - 1000);
    const std::uint64_t last = c.now;
    CHECK(c.calls.empty());
    c.ask("SELECT 1");
    REQUIRE(c.calls.size() == 1);
    CHECK(c.decoder->busy_since() == c.now);
    CHECK(c.decoder->pending() == 1);
    CHECK(c.calls[0].end_ns == last);
    CHECK(c.calls[0].flags == kCallResynced);
    CHECK(c.calls[0].rows == kUnknownCount);
    CHECK(c.calls[0].outcome == Outcome::kOk);
    c.receive(result({.rows = 1}), told ? 0 : reply.size() - 1000);
    REQUIRE(c.calls.size() == 2);
    CHECK(c.last_text() == "SELECT ?");
    CHECK(c.calls[1].rows == 1);
    CHECK(c.calls[1].flags == 0);
    CHECK(c.quiet());
  }
}

TEST_CASE("MySQL: a reply whose end was lost ends with the connection") {
  OldConnection c(true);
  c.ask("SELECT a FROM t");
  const std::string reply = result({.rows = 500});
  c.receive(reply.substr(0, 1000));
  c.receive("", reply.size() - 1000);
  const std::uint64_t last = c.now;
  c.decoder->close(c.now + 9, c.calls);
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].end_ns == last);
  CHECK(c.calls[0].outcome == Outcome::kOk);
}

TEST_CASE("MySQL: a client that sends amid a reply is no loss") {
  OldConnection c(true);
  const std::string reply = result({.rows = 10});
  c.ask("SELECT a FROM t");
  c.receive(reply.substr(0, 50));
  c.ask("SELECT b FROM t");
  c.receive(reply.substr(50));
  c.receive(result({.rows = 2}));
  REQUIRE(c.calls.size() == 2);
  CHECK(c.last_text() == "SELECT b FROM t");
  CHECK(c.calls[1].rows == 2);
  // From then on this client is known to do so.
  c.ask("SELECT c FROM t");
  c.receive(reply.substr(0, 50));
  c.ask("SELECT d FROM t");
  CHECK(c.calls.size() == 2);
  c.receive(reply.substr(50) + result({.rows = 4}));
  REQUIRE(c.calls.size() == 4);
  CHECK(c.calls[2].rows == 10);
  CHECK(c.calls[2].flags == 0);
  CHECK(c.calls[3].rows == 4);
  CHECK(c.quiet());
}

TEST_CASE("MySQL: amid a pipeline, the next reply is found by its beginning") {
  OldConnection c(true);
  c.send(prepare("SELECT a FROM t") + execute(0xffffffff));
  c.receive(prepared(1, 0, 1));
  const std::string reply = result({.rows = 500});
  c.receive(reply.substr(0, 1000));
  const std::uint64_t last = c.now;
  c.ask("SELECT 1");
  c.receive(result({.rows = 1}), reply.size() - 1000);
  REQUIRE(c.calls.size() == 2);
  CHECK(c.calls[0].end_ns == last);
  CHECK(c.calls[0].flags == (kCallPrepared | kCallPipelined | kCallResynced));
  CHECK(c.last_text() == "SELECT ?");
  CHECK(c.calls[1].rows == 1);
  CHECK(c.decoder->pending() == 0);
}

TEST_CASE("MySQL: a reply that was lost whole does not shift those after it") {
  OldConnection c(true);
  c.ask("SELECT a FROM t");
  c.ask("SELECT b FROM t");
  c.receive(result({.rows = 2}), 300);
  CHECK(c.texts() == std::vector<std::string>{"SELECT b FROM t"});
  CHECK(c.decoder->lost_calls() == 1);
  CHECK(c.decoder->pending() == 0);
}

TEST_CASE("MySQL: a request that was lost is counted and its reply is no other's") {
  OldConnection c(true);
  c.ask("SELECT a FROM t");
  c.receive(ok(1));
  c.send("", 500);
  c.receive(result({.rows = 7}));
  c.ask("SELECT b FROM t");
  c.receive(ok(1));
  CHECK(c.texts() == std::vector<std::string>{"SELECT a FROM t", "SELECT b FROM t"});
  CHECK(c.decoder->lost_calls() == 1);
  CHECK(c.decoder->pending() == 0);
  CHECK(c.decoder->contradictions() == 0);
}

TEST_CASE("MySQL: contradictions are counted and the next command is found") {
  OldConnection c(true);
  c.send("GET / HTTP/1.1\r\n\r\n");
  CHECK(c.decoder->contradictions() == 1);
  c.ask("SELECT 1");
  c.receive("HTTP/1.1 200 OK\r\n\r\n");
  CHECK(c.decoder->contradictions() == 2);
  c.ask("SELECT a FROM t");
  c.receive(result({.rows = 1}));
  REQUIRE(c.calls.size() == 2);
  CHECK(c.calls[0].flags == kCallResynced);
  CHECK(c.last_text() == "SELECT a FROM t");
  CHECK(c.calls[1].flags == 0);
}

TEST_CASE("MySQL: an answer out of sequence belongs to the next command") {
  OldConnection c(true);
  c.send(query("SELECT a FROM t") + query("SELECT b FROM t"));
  const std::string reply = result({.rows = 4});
  c.receive(reply.substr(0, reply.size() - 9) + ok(1, 3));  // without its last packet
  REQUIRE(c.calls.size() == 2);
  CHECK(c.calls[0].flags == kCallResynced);
  CHECK(c.calls[1].rows == 3);
  CHECK(c.decoder->contradictions() == 1);
}

TEST_CASE("MySQL: a file with missing parts") {
  OldConnection c(true);
  c.ask("LOAD DATA LOCAL INFILE '/x' INTO TABLE t");
  c.receive(packet(1, "\xfb/x"));
  const std::string part = packet(2, std::string(60000, 'd'));
  c.send(part.substr(0, 100));
  c.send(packet(3, ""), part.size() - 100);
  c.receive(ok(4, 5));
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].rows == 5);
  CHECK(c.quiet());
  // The parts cannot be told apart: what follows the answer is a command again.
  c.ask("LOAD DATA LOCAL INFILE '/x' INTO TABLE t");
  c.receive(packet(1, "\xfb/x"));
  c.send(part.substr(0, 100));
  c.send("data", 200'000);
  c.receive(ok(9, 6));
  c.ask("SELECT 1");
  c.receive(ok(1));
  REQUIRE(c.calls.size() == 3);
  CHECK(c.calls[1].rows == 6);
  CHECK(c.last_text() == "SELECT ?");
}

}  // namespace culprit
