// SPDX-License-Identifier: Apache-2.0
// Several requests at once, errors amid them, and COPY.
#include "catch.h"
#include "unit/protocol/postgresql_wire.h"

namespace culprit {

using namespace postgresql_wire;
using Texts = std::vector<std::string>;
using Outcomes = std::vector<Outcome>;

namespace {

/// An Execute of statement s1 and its answer, without Sync.
const std::string kRun = bind_to("", "s1") + execute();
const std::string kRan = kBound + complete("UPDATE 1");

Connection with_statement() {
  Connection c(true);
  c.send(parse("s1", "UPDATE t SET a = $1") + kSync);
  c.receive(kParsed + ready());
  return c;
}

std::string repeat(int count, const std::string& bytes) {
  std::string all;
  for (int i = 0; i < count; i++) all += bytes;
  return all;
}

}  // namespace

TEST_CASE("PostgreSQL: 50 Executes with one Sync") {
  Connection c = with_statement();
  c.send(repeat(50, kRun) + kSync);
  CHECK(c.decoder->pending() == 50);
  for (int i = 0; i < 50; i++) c.receive(kRan);
  CHECK(c.calls.size() == 49);
  c.receive(ready());
  REQUIRE(c.calls.size() == 50);
  for (std::size_t i = 0; i < 50; i++) {
    CHECK(c.text_of(c.calls[i]) == "UPDATE t SET a = ?");
    CHECK(c.calls[i].rows == 1);
    CHECK(c.calls[i].flags == (kCallPrepared | (i > 0 ? kCallPipelined : 0)));
    CHECK(c.calls[i].request_bytes == kRun.size() + (i == 49 ? kSync.size() : 0));
  }
  CHECK(c.calls[0].end_ns < c.calls[1].end_ns);
  CHECK(c.calls[48].transaction == Transaction::kUnknown);
  CHECK(c.calls[49].transaction == Transaction::kNone);
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: 50 Executes with 50 Syncs") {
  Connection c = with_statement();
  c.send(repeat(50, kRun + kSync));
  c.receive(repeat(20, kRan + ready('T')));
  CHECK(c.calls.size() == 20);
  CHECK(c.decoder->pending() == 30);
  CHECK(c.decoder->busy_since() == c.calls[0].start_ns);
  c.receive(repeat(30, kRan + ready('T')));
  REQUIRE(c.calls.size() == 50);
  for (const Call& call : c.calls) CHECK(call.transaction == Transaction::kOpen);
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: simple queries that do not wait for each other") {
  Connection c;
  c.send(query("SELECT 1") + query("SELECT a FROM t"));
  c.send(query("SELECT b FROM t"));
  c.receive(result(1) + ready() + result(2) + ready());
  c.receive(result(3) + ready());
  CHECK(c.texts() == Texts{"SELECT ?", "SELECT a FROM t", "SELECT b FROM t"});
  CHECK(c.calls[0].rows == 1);
  CHECK(c.calls[1].rows == 2);
  CHECK(c.calls[1].flags == kCallPipelined);
  CHECK(c.calls[2].rows == 3);
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: an error in mid-pipeline skips the rest up to the Sync") {
  Connection c = with_statement();
  c.send(repeat(10, kRun) + kSync + kRun + kSync);
  c.receive(repeat(4, kRan) + kBound + error("23505") + ready('I') + kRan + ready('I'));
  REQUIRE(c.calls.size() == 11);
  for (std::size_t i = 0; i < 11; i++)
    CHECK(c.calls[i].outcome == (i == 4            ? Outcome::kError
                                 : i > 4 && i < 10 ? Outcome::kAborted
                                                   : Outcome::kOk));
  CHECK(error_of(c.calls[4]) == "23505");
  CHECK(error_of(c.calls[5]).empty());
  CHECK(c.calls[5].first_read_ns == 0);
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: an error of Parse behind an answered Execute is the next one's") {
  Connection c = with_statement();
  c.send(kRun + extended("SELEC $1") + kSync);
  c.receive(kRan + error("42601") + ready());
  CHECK(c.outcomes() == Outcomes{Outcome::kOk, Outcome::kError});
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: an error at the Sync is that of the Execute before it") {
  Connection c = with_statement();
  c.send(kRun + kSync);
  c.receive(kRan + error("23503") + ready());
  CHECK(c.outcomes() == Outcomes{Outcome::kError});
  CHECK(error_of(c.calls[0]) == "23503");
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: an error where no Execute is before the Sync is no call's") {
  Connection c = with_statement();
  c.send(parse("s2", "SELEC") + kSync + kRun + kSync);
  c.receive(error("42601") + ready() + kRan + ready());
  CHECK(c.outcomes() == Outcomes{Outcome::kOk});
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: what follows a failed Parse that was flushed is skipped") {
  Connection c = with_statement();
  c.send(parse("s2", "SELEC") + describe('S', "s2") + kFlush);
  c.receive(error("42601"));
  c.send(bind_to("", "s2") + execute() + kSync);
  c.receive(ready());
  CHECK(c.outcomes() == Outcomes{Outcome::kAborted});
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: a simple query ends what was flushed before it") {
  Connection c = with_statement();
  c.send(kRun + query("COMMIT"));
  c.receive(kRan + complete("COMMIT") + ready());
  CHECK(c.texts() == Texts{"UPDATE t SET a = ?", "COMMIT"});
  CHECK(c.calls[1].transaction == Transaction::kNone);
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: Syncs alone are no calls") {
  Connection c;
  c.send(kSync);
  c.send(kSync + kSync + query("SELECT 1"));
  CHECK(c.decoder->pending() == 1);
  CHECK(c.decoder->busy_since() == c.now);
  c.receive(ready() + ready());
  c.receive(ready() + result(1) + ready());
  CHECK(c.texts() == Texts{"SELECT ?"});
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: a pipeline longer than what is kept stays in step") {
  Connection c = with_statement();
  for (int i = 0; i < 30; i++) c.send(repeat(100, kRun));
  c.send(kSync);
  CHECK(c.decoder->pending() == 1024);
  CHECK(c.decoder->lost_calls() == 3000 - 1024);
  c.receive(repeat(3000, kRan) + ready());
  CHECK(c.calls.size() == 1024);
  CHECK(c.decoder->pending() == 0);
  c.send(query("SELECT 1"));
  c.receive(result(1) + ready());
  CHECK(c.last_text() == "SELECT ?");
  CHECK(c.calls.back().flags == 0);
  CHECK(c.decoder->contradictions() == 0);
}

TEST_CASE("PostgreSQL: 2000 Syncs stay in step") {
  Connection c = with_statement();
  c.send(repeat(2000, kRun + kSync));
  c.receive(repeat(1999, kRan + ready()));
  c.send(query("SELECT 1"));
  c.receive(kRan + ready() + result(5) + ready());
  CHECK(c.last_text() == "SELECT ?");
  CHECK(c.calls.back().rows == 5);
  CHECK(c.decoder->pending() == 0);
}

TEST_CASE("PostgreSQL: requests that nobody answers for long are given up") {
  Connection c = with_statement();
  const std::string thousand = repeat(1000, kSync);
  for (int i = 0; i < 70; i++) c.send(kRun + thousand);
  CHECK(c.decoder->lost_calls() > 0);
  CHECK(c.decoder->pending() <= 1024);
  for (int i = 0; i < 70; i++) c.receive(kRan + repeat(1000, ready()));
  c.send(query("SELECT 1"));
  c.receive(result(5) + ready());
  CHECK(c.last_text() == "SELECT ?");
  CHECK(c.calls.back().rows == 5);
  CHECK(c.decoder->pending() == 0);
}

TEST_CASE("PostgreSQL: COPY in") {
  Connection c;
  c.send(query("COPY t FROM STDIN"));
  c.receive(copy_response('G'));
  std::uint64_t bytes = query("COPY t FROM STDIN").size();
  for (int i = 0; i < 20; i++) {
    const std::string data = message('d', std::string(1000, 'x'));
    bytes += data.size();
    c.send(data);
  }
  c.send(kCopyDone);
  const std::uint64_t sent = c.now;
  c.receive(complete("COPY 20000") + ready());
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].rows == 20000);
  CHECK(c.calls[0].request_bytes == bytes + kCopyDone.size());
  CHECK(c.calls[0].request_end_ns == sent);
  CHECK(c.calls[0].flags == 0);
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: COPY in by an extended query, whose first Sync the server skips") {
  Connection c;
  c.send(extended("COPY t FROM STDIN") + kSync);
  c.receive(kParsed + kBound + kNoData + copy_response('G'));
  c.send(message('d', "1\n") + kFlush + kSync);  // skipped, too
  c.send(kCopyDone + kSync);
  c.receive(complete("COPY 1") + ready());
  REQUIRE(c.calls.size() == 1);
  CHECK(c.decoder->pending() == 0);
  // In step with what follows.
  c.send(extended("SELECT 1") + kSync + extended("SELECT a") + kSync);
  c.receive(kParsed + kBound + result(1) + ready());
  CHECK(c.decoder->pending() == 1);
  c.receive(kParsed + kBound + result(1) + ready());
  CHECK(c.texts() == Texts{"COPY t FROM STDIN", "SELECT ?", "SELECT a"});
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: COPY in by a client that does not wait for the server's consent") {
  Connection c;
  c.send(extended("COPY t FROM STDIN") + kSync + message('d', "1\n") + kCopyDone + kSync);
  c.send(query("SELECT 1"));
  c.receive(kParsed + kBound + kNoData + copy_response('G') + complete("COPY 1") + ready());
  CHECK(c.texts() == Texts{"COPY t FROM STDIN"});
  c.receive(result(1) + ready());
  CHECK(c.texts() == Texts{"COPY t FROM STDIN", "SELECT ?"});
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: COPY in that either side ends with an error") {
  Connection c;
  c.send(query("COPY t FROM STDIN"));
  c.receive(copy_response('G'));
  c.send(message('d', "1\n") + message('f', text("stop")));
  c.receive(error("57014") + ready());
  c.send(extended("COPY t FROM STDIN") + kSync);
  c.receive(kParsed + kBound + kNoData + copy_response('G'));
  c.send(message('d', "1\n"));
  c.receive(error("22P02"));
  c.send(message('d', "2\n") + kCopyDone + kSync);
  c.receive(ready());
  CHECK(c.outcomes() == Outcomes{Outcome::kError, Outcome::kError});
  CHECK(error_of(c.calls[0]) == "57014");
  CHECK(error_of(c.calls[1]) == "22P02");
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: COPY out") {
  Connection c;
  c.send(query("COPY t TO STDOUT"));
  std::uint64_t bytes = 0;
  for (int i = 0; i < 20; i++) {
    const std::string data =
        (i == 0 ? copy_response('H') : ""s) + message('d', std::string(1000, 'x'));
    bytes += data.size();
    c.receive(data);
  }
  const std::string end = kCopyDone + complete("COPY 20") + ready();
  c.receive(end);
  c.send(extended("COPY t TO STDOUT") + kSync);
  c.receive(kParsed + kBound + kNoData + copy_response('H') + message('d', "x") + end);
  REQUIRE(c.calls.size() == 2);
  CHECK(c.calls[0].rows == 20);
  CHECK(c.calls[0].reply_bytes == bytes + end.size());
  CHECK(c.calls[1].rows == 20);
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: COPY both, of replication, waits by its purpose") {
  Connection c;
  c.send(query("START_REPLICATION SLOT \"s\" LOGICAL 0/0"));
  c.receive(copy_response('W') + message('d', "w"));
  c.send(message('d', "r"));
  c.receive(message('d', "w"));
  c.send(kCopyDone);
  c.receive(kCopyDone + complete("COPY 0") + ready());
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].flags == kCallWaits);
  CHECK(c.quiet());
}

}  // namespace culprit
