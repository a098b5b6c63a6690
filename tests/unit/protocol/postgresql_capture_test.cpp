// SPDX-License-Identifier: Apache-2.0
// Bytes that were not captured, and bytes that are not PostgreSQL's.
#include "catch.h"
#include "protocol/postgresql_reply.h"
#include "unit/protocol/postgresql_wire.h"

namespace culprit {

using namespace postgresql_wire;
using Texts = std::vector<std::string>;

namespace {

void check_in_step(Connection& c) {
  const std::size_t before = c.calls.size();
  c.send(query("SELECT 1"));
  c.receive(result(5) + ready());
  REQUIRE(c.calls.size() > before);
  CHECK(c.last_text() == "SELECT ?");
  CHECK(c.calls.back().flags == 0);
  CHECK(c.calls.back().rows == 5);
  CHECK(c.calls.back().start_ns == c.now - 1'000'000);
  CHECK(c.decoder->pending() == 0);
}

/// As the kernel captures a request: its first 64 KiB, and of the rest how much it was.
void send_captured(Connection& c, const std::string& bytes) {
  constexpr std::size_t kBudget = 65536, kSegment = 16384;
  const std::size_t captured = std::min(bytes.size(), kBudget);
  c.send_in(kSegment, bytes.substr(0, captured));
  if (captured < bytes.size()) c.send("", bytes.size() - captured);
}

/// And a reply: its head, and the last of it.
void receive_captured(Connection& c, const std::string& bytes, std::size_t head) {
  constexpr std::size_t kTail = 64;
  if (bytes.size() <= head + kTail) return c.receive(bytes);
  c.receive(bytes.substr(0, head));
  c.receive(bytes.substr(bytes.size() - kTail), bytes.size() - head - kTail);
}

}  // namespace

TEST_CASE("PostgreSQL: a gap within a row is skipped exactly") {
  Connection c;
  c.send(query("SELECT a FROM t"));
  const std::string first = columns() + row(std::string(50000, 'x'));
  c.receive(first.substr(0, 2000));
  c.receive(first.substr(42000) + row(), 40000);
  c.receive(row() + complete("SELECT 3") + ready());
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].rows == 3);
  CHECK(c.calls[0].flags == 0);
  CHECK(c.calls[0].reply_bytes ==
        first.size() + 2 * row().size() + complete("SELECT 3").size() + ready().size());
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: a gap that ends with its row, with bytes behind it or none") {
  Connection c;
  c.send(query("SELECT a FROM t"));
  const std::string reply = row(std::string(50000, 'x'));
  c.receive(reply.substr(0, 2000));
  c.receive("", reply.size() - 2000);
  c.receive(complete("SELECT 1") + ready());
  c.send(query("SELECT a FROM t"));
  c.receive(reply.substr(0, 2000));
  c.receive(complete("SELECT 1") + ready(), reply.size() - 2000);
  REQUIRE(c.calls.size() == 2);
  CHECK(c.calls[1].flags == 0);
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: a large result of which head and tail were captured") {
  for (const std::size_t head : {600, 601, 617, 700})
    for (const char state : {'I', 'T'}) {
      Connection c;
      c.send(query("SELECT a FROM t"));
      const std::uint64_t sent = c.now;
      const std::string reply = result(1000) + ready(state);
      receive_captured(c, reply, head);
      REQUIRE(c.calls.size() == 1);
      const Call& call = c.calls[0];
      CHECK(call.rows == 1000);
      CHECK(call.reply_bytes == reply.size());
      CHECK(call.flags == kCallResynced);
      CHECK(call.first_read_ns == sent + 1'000'000);
      CHECK(call.end_ns == sent + 2'000'000);
      CHECK(call.transaction == (state == 'I' ? Transaction::kNone : Transaction::kOpen));
      CHECK(call.outcome == Outcome::kOk);
      CHECK(c.quiet());
      check_in_step(c);
    }
}

TEST_CASE("PostgreSQL: a large result that ends with an error") {
  Connection c;
  c.send(extended("SELECT a FROM t") + kSync);
  receive_captured(c, kParsed + kBound + columns() + rows(100) + error("57014") + ready('E'), 600);
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].outcome == Outcome::kError);
  CHECK(c.calls[0].transaction == Transaction::kFailed);
  check_in_step(c);
}

TEST_CASE("PostgreSQL: a large result read in several pieces of which tails were captured") {
  Connection c;
  c.send(extended("SELECT a FROM t") + kSync);
  c.receive(kParsed + kBound + columns() + rows(20));
  c.receive(rows(4).substr(5), 8000);
  c.receive(rows(4).substr(9), 8000);
  CHECK(c.calls.empty());
  CHECK(c.decoder->pending() == 1);
  c.receive(complete("SELECT 5000") + ready(), 3000);
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].rows == 5000);
  CHECK(c.calls[0].reply_bytes == (kParsed + kBound + columns() + rows(20)).size() +
                                      rows(4).size() - 5 + rows(4).size() - 9 + 19000 +
                                      (complete("SELECT 5000") + ready()).size());
  CHECK(c.quiet());
  check_in_step(c);
}

TEST_CASE("PostgreSQL: when the end of a reply is not seen, the next request tells it") {
  for (const bool more : {false, true}) {
    Connection c;
    c.send(query("SELECT a FROM t"));
    c.receive(columns() + rows(20));
    if (more) c.receive(rows(1).substr(5), 8000);
    c.receive("", 8000);
    const std::uint64_t ended = c.now;
    CHECK(c.decoder->pending() == 1);
    check_in_step(c);
    REQUIRE(c.calls.size() == 2);
    CHECK(c.calls[0].end_ns == ended);
    CHECK(c.calls[0].reply_tid == 12);
    CHECK(c.calls[0].flags == kCallResynced);
    CHECK(c.quiet());
  }
}

TEST_CASE("PostgreSQL: of a reply no byte was captured") {
  Connection c;
  c.send(query("SELECT a FROM t"));
  c.receive("", 100);
  const std::uint64_t first = c.now;
  c.receive("", 100);
  check_in_step(c);
  CHECK(c.calls[0].first_read_ns == first);
  CHECK(c.calls[0].reply_bytes == 200);
  CHECK(c.calls[0].end_ns == first + 1'000'000);
}

TEST_CASE("PostgreSQL: an earlier exchange was lost, the present one is whole") {
  Connection c(true);
  c.send(query("SELECT a FROM t"));
  c.receive(result(1) + ready());
  c.send(query("SELECT b FROM t"), 40);
  c.receive(result(2) + ready(), 200);
  CHECK(c.texts() == Texts{"SELECT a FROM t", "SELECT b FROM t"});
  CHECK(c.calls[1].rows == 2);
  CHECK(c.calls[1].reply_bytes == (result(2) + ready()).size());
  CHECK(c.decoder->lost_calls() == 1);
  CHECK(c.decoder->contradictions() == 0);
  check_in_step(c);
}

TEST_CASE("PostgreSQL: the end of a request and a whole exchange were lost") {
  Connection c(true);
  c.send(query("SELECT a FROM t WHERE b = 1").substr(0, 20));
  c.send(query("SELECT b FROM t"), 50);
  CHECK(c.decoder->pending() == 2);
  c.receive(result(2) + ready(), 200);
  c.receive(result(2) + ready());
  CHECK(c.texts() == Texts{"SELECT a FROM t", "SELECT b FROM t"});
  CHECK((c.calls[0].flags & kCallTruncated));
  check_in_step(c);
}

TEST_CASE("PostgreSQL: a pipeline whose replies were lost in part ends as a whole") {
  Connection c;
  c.send(query("SELECT a FROM t") + query("SELECT b FROM t") + query("SELECT c FROM t"));
  receive_captured(c, result(100) + ready() + result(100) + ready() + result(100) + ready(), 600);
  CHECK(c.texts() == Texts{"SELECT a FROM t", "SELECT b FROM t", "SELECT c FROM t"});
  CHECK(c.decoder->lost_calls() == 2);
  CHECK(c.calls[2].rows == 100);
  CHECK(c.calls[0].rows == kUnknownCount);
  check_in_step(c);

  c.send(extended("SELECT a FROM t") + kSync + extended("SELECT b FROM t") + kSync + kSync);
  c.receive(kParsed + kBound + result(1));
  c.receive("", 1000);
  check_in_step(c);
  CHECK(c.calls[4].flags == 0);  // its tag was seen
  CHECK(c.calls[5].flags == (kCallPipelined | kCallResynced));
  CHECK(c.decoder->lost_calls() == 2);
}

TEST_CASE("PostgreSQL: long statements as they are captured, simple and extended") {
  for (const std::size_t size : {1100, 9000, 31000, 70000, 1100000}) {
    CAPTURE(size);
    const std::string sql = "SELECT a FROM t WHERE b = '" + std::string(size, 'x') + "'";
    Connection c;
    send_captured(c, query(sql));
    const std::uint64_t sent = c.now;
    c.receive(result(1) + ready());
    send_captured(c, extended(sql) + kSync);
    c.receive(kParsed + kBound + result(1) + ready());
    send_captured(c, parse("", "SELECT b FROM t WHERE a = $1") +
                         bind_to("", "", std::string(size, 'x')) + execute() + kSync);
    c.receive(kParsed + kBound + complete("SELECT 1") + ready());
    CHECK(c.texts() == Texts{"SELECT a FROM t WHERE b = ?", "SELECT a FROM t WHERE b = ?",
                             "SELECT b FROM t WHERE a = ?"});
    for (const Call& call : c.calls) CHECK(call.rows == 1);
    CHECK(c.calls[0].request_bytes == query(sql).size());
    CHECK(c.calls[0].request_end_ns == sent);
    CHECK(c.calls[1].request_bytes + 100 > (extended(sql) + kSync).size());
    CHECK(((c.calls[0].flags & kCallTruncated) != 0) == (size > 16384));
    CHECK(((c.calls[1].flags & kCallTruncated) != 0) == (size > 16384));
    CHECK(c.quiet());
    check_in_step(c);
  }
}

TEST_CASE("PostgreSQL: COPY's data is not captured beyond the first of it") {
  Connection c;
  c.send(extended("COPY t FROM STDIN") + kSync);
  c.receive(kParsed + kBound + kNoData + copy_response('G'));
  c.send(message('d', std::string(9000, 'x')).substr(0, 100));
  c.send("", 500000);
  c.send("", 500000);
  c.receive(complete("COPY 5000") + ready());
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].rows == 5000);
  CHECK(c.calls[0].request_bytes == (extended("COPY t FROM STDIN") + kSync).size() + 1000100);
  CHECK(c.quiet());
  check_in_step(c);
}

TEST_CASE("PostgreSQL: a connection older than culprit, seen first amid anything") {
  const std::string request = extended("SELECT a FROM t WHERE b = 'text'") + kSync;
  for (std::size_t cut = 1; cut < request.size(); cut++) {
    Connection c;
    c.receive(result(2).substr(3));
    c.send(request.substr(cut));
    c.receive(kParsed + kBound + result(1) + ready());
    c.calls.clear();
    check_in_step(c);
    CHECK(c.decoder->contradictions() == 0);
  }
}

TEST_CASE("PostgreSQL: bytes that are none of it are counted, and the next message is found") {
  for (const std::string& bytes :
       {"\x16\x03\x01 hello"s, "Q\xff\xff\xff\xff"s, "Q\0\0\0\3"s, "Q@\0\0\1"s, "z\0\0\0\4"s,
        "\0\0\0\0"s, "\0\0\xff\xff"s, "\xffQ\0\0\0\4"s}) {
    Connection c(true);
    c.send(bytes);
    CHECK(c.decoder->contradictions() == 1);
    check_in_step(c);
    c.send(query("SELECT a FROM t"));
    c.receive(bytes);
    CHECK(c.decoder->contradictions() == 2);
    CHECK(c.decoder->pending() == 1);
    check_in_step(c);
    CHECK(c.texts() == Texts{"SELECT ?", "SELECT a FROM t", "SELECT ?"});
    CHECK(c.decoder->lost_calls() == 0);
  }
}

TEST_CASE("PostgreSQL: while requests are lost, what does not begin with a message is passed by") {
  Connection c(true);
  c.send("zz");
  for (const std::string& bytes :
       {"select"s, "S\0\0\0\5x"s, "Qx"s, "Q\0\0\0\3"s, "Q\0\0\0\5xx"s, ""s}) {
    c.send(bytes);
    CHECK(c.decoder->pending() == 0);
  }
  c.send(query("SELECT 1") + kSync + "Q"s);  // and what is cut short
  CHECK(c.decoder->pending() == 1);
  c.send("\0\0\0\5\0"s);
  CHECK(c.decoder->pending() == 2);
  CHECK(c.decoder->contradictions() == 1);
}

TEST_CASE("PostgreSQL: how a reply ends whose middle was not captured") {
  const std::string end = complete("INSERT 0 5") + ready('T');
  CHECK(find_reply_end(end).found);
  CHECK(find_reply_end(end).rows == 5);
  CHECK(find_reply_end("...." + end).rows == 5);
  CHECK(find_reply_end(ready()).found);
  CHECK_FALSE(find_reply_end(ready()).completed);
  CHECK_FALSE(find_reply_end(ready('x')).found);
  CHECK_FALSE(find_reply_end(end + "x").found);
  CHECK_FALSE(find_reply_end("Z").found);
  CHECK(rows_of_tag("SELECT 18446744073709551615") == kUnknownCount);
  CHECK(rows_of_tag("SELECT 123456789012345678") == 123456789012345678);
  CHECK(rows_of_tag("SELECT ") == kUnknownCount);
  CHECK(rows_of_tag("CREATE TABLE") == kUnknownCount);
}

}  // namespace culprit
