// SPDX-License-Identifier: Apache-2.0
// Of a connection's life: log-in, encryption, what the server says unasked, and its end.
#include "catch.h"
#include "unit/protocol/postgresql_wire.h"

namespace culprit {

using namespace postgresql_wire;
using Texts = std::vector<std::string>;

namespace {

const std::string kStart = start_up("user\0app\0database\0shop\0application_name\0psql\0"s);
const std::string kTlsHello = "\x16\x03\x01\x02"s + std::string(500, 'h');
const std::string kTlsFinished = "\x14\x03\x03\0\1\1\x17\x03\x03"s + std::string(60, 'f');
const std::string kTlsData = "\x17\x03\x03\0\x40"s + std::string(64, 'e');

void log_in(Connection& c) {
  c.send(kStart);
  c.receive(log_in_done());
}

void check_in_step(Connection& c) {
  c.send(query("SELECT 1"));
  c.receive(result(1) + ready());
  CHECK(c.last_text() == "SELECT ?");
  CHECK(c.calls.back().start_ns == c.now - 1'000'000);
  CHECK(c.quiet());
}

}  // namespace

TEST_CASE("PostgreSQL: a log-in with SCRAM is no call, and only the database's name is kept") {
  Connection c(true);
  c.send(kStart);
  c.receive(authentication(10, "SCRAM-SHA-256\0\0"s));
  c.send(message('p', "SCRAM-SHA-256\0\0\0\0\x20n,,n=,r=SECRET"s));
  c.receive(authentication(11, "r=SECRET,s=SALT,i=4096"));
  c.send(message('p', "c=biws,r=SECRET,p=PROOF"));
  c.receive(authentication(12, "v=PROOF") + log_in_done());
  CHECK(c.calls.empty());
  CHECK(c.decoder->database() == "shop");
  CHECK(c.books.queries.size() == 0);
  CHECK(c.quiet());
  check_in_step(c);
}

TEST_CASE("PostgreSQL: a log-in that fails") {
  Connection c(true);
  c.send(kStart);
  c.receive(error("28P01", "FATAL"));
  c.close();
  CHECK(c.calls.empty());
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: the start-up packet in pieces of any size") {
  for (std::size_t size = 1; size < kStart.size(); size++) {
    Connection c(true);
    c.send_in(size, kStart);
    c.receive(log_in_done());
    CHECK(c.decoder->database() == "shop");
    check_in_step(c);
  }
}

TEST_CASE("PostgreSQL: a start-up packet with a gap in it") {
  Connection c(true);
  c.send(kStart.substr(0, 12));
  c.send(kStart.substr(30), 18);
  c.receive(log_in_done());
  CHECK(c.decoder->database() == "");
  check_in_step(c);
}

TEST_CASE("PostgreSQL: the database is the user's when none is named") {
  const auto database = [](const std::string& parameters) {
    Connection c(true);
    c.send(start_up(parameters, 0x00030002));
    return std::string(c.decoder->database());
  };
  CHECK(database("user\0app\0"s) == "app");
  CHECK(database("database\0shop\0user\0app\0"s) == "shop");
  CHECK(database("user\0"s) == "");
  CHECK(database("user"s) == "");
  CHECK(database("user\0app"s) == "app");
  CHECK(database("options\0-c x\0"s) == "");
  CHECK(database("database\0"s + std::string(500, 'd') + '\0') == std::string(63, 'd'));
  CHECK(database("") == "");
}

TEST_CASE("PostgreSQL: encryption that the server refuses") {
  for (const std::uint32_t code : {kSslRequest, kGssRequest}) {
    Connection c(true);
    c.send(wish(code));
    c.receive("");
    c.receive("N");
    log_in(c);
    CHECK(c.decoder->database() == "shop");
    check_in_step(c);
  }
  Connection old(true);  // a server that does not know the wish
  old.send(wish(kSslRequest));
  old.receive(error("08P01", "FATAL"));
  CHECK(old.quiet());
}

TEST_CASE("PostgreSQL: both wishes one after the other, and an answer that was not captured") {
  Connection c(true);
  c.send(wish(kGssRequest));
  c.receive("N");
  c.send(wish(kSslRequest));
  c.receive("", 1);
  log_in(c);
  check_in_step(c);
}

TEST_CASE("PostgreSQL: within TLS calls are told by turn-taking") {
  for (const bool answer_seen : {true, false}) {
    Connection c(true);
    c.send(wish(kSslRequest));
    if (answer_seen) c.receive("S");
    c.send(kTlsHello);
    c.receive("\x16\x03\x03"s + std::string(1000, 'c'));
    c.send(kTlsFinished);
    c.send(kTlsData);  // the log-in
    c.receive(kTlsData);
    for (int i = 0; i < 3; i++) {
      c.send(kTlsData);
      CHECK(c.decoder->pending() == 1);
      CHECK(c.decoder->busy_since() == c.now);
      c.receive(kTlsData);
      CHECK(c.decoder->pending() == 0);
    }
    c.close();
    REQUIRE(c.calls.size() == 3);
    for (const Call& call : c.calls) {
      CHECK(call.flags == kCallTimingOnly);
      CHECK(call.request_bytes == kTlsData.size());
      CHECK(call.end_ns - call.start_ns == 1'000'000);
    }
    CHECK(c.quiet());
  }
}

TEST_CASE("PostgreSQL: a log-in within TLS that does not end is no call") {
  Connection c(true);
  c.send(wish(kSslRequest));
  c.receive("S");
  c.send(kTlsHello);
  c.send(kTlsData);
  c.receive(kTlsData);
  c.close();
  CHECK(c.calls.empty());
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: within GSS encryption, too") {
  Connection c(true);
  c.send(wish(kGssRequest));
  c.receive("G");
  for (int i = 0; i < 3; i++) {
    c.send("\0\0\1\0secret"s);
    c.receive("\0\0\1\0secret"s);
  }
  c.close();
  CHECK(c.calls.size() == 2);
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: a request to cancel, and what it cancels") {
  Connection canceller(true);
  canceller.send(big_endian(16) + big_endian(kCancel) + big_endian(77) + big_endian(0x5ec2e7));
  canceller.send(query("SELECT 1"));
  canceller.receive(ready());
  canceller.close();
  CHECK(canceller.calls.empty());

  Connection c;
  c.send(query("SELECT pg_sleep(100)"));
  c.receive(error("57014") + ready());
  REQUIRE(c.calls.size() == 1);
  CHECK(error_of(c.calls[0]) == "57014");
}

TEST_CASE("PostgreSQL: notices and parameters before the reply do not begin it") {
  Connection c;
  c.send(query("SET TimeZone = 'UTC'"));
  const std::uint64_t sent = c.now;
  c.receive(notice());
  c.receive(parameter_status() + notification());
  CHECK(c.calls.empty());
  c.receive(complete("SET") + ready());
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].first_read_ns == sent + 3'000'000);
  CHECK(c.calls[0].arrived_ns == sent + 2'500'000);
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: notifications while idle, even when a request comes amid one") {
  Connection c(true);
  log_in(c);
  c.send(query("LISTEN channel"));
  c.receive(complete("LISTEN") + ready());
  c.receive(notification());
  c.receive(notification().substr(0, 9));
  c.send(query("SELECT 1"));
  c.receive(notification().substr(9));
  CHECK(c.calls.size() == 1);
  c.receive(result(1) + notification() + ready());
  c.receive(notification());
  CHECK(c.texts() == Texts{"LISTEN channel", "SELECT ?"});
  CHECK(c.calls[1].rows == 1);
  check_in_step(c);
}

TEST_CASE("PostgreSQL: replies that nobody asked for are ignored") {
  Connection c(true);
  log_in(c);
  c.receive(result(3) + ready() + ready() + complete("SELECT 1") + error("57P05"));
  CHECK(c.calls.empty());
  check_in_step(c);
}

TEST_CASE("PostgreSQL: the connection ends, in order and in mid-query") {
  Connection c;
  c.send(query("SELECT 1"));
  c.receive(result(1) + ready());
  c.send(kTerminate);
  c.close();
  CHECK(c.calls.size() == 1);

  Connection reset;
  reset.send(query("SELECT 1") + extended("SELECT a") + kSync);
  reset.receive(columns());
  reset.close();
  REQUIRE(reset.calls.size() == 2);
  for (const Call& call : reset.calls) {
    CHECK(call.outcome == Outcome::kAborted);
    CHECK(call.end_ns == reset.now);
  }
  CHECK(reset.calls[0].first_read_ns != 0);
  CHECK(reset.quiet());

  Connection killed;  // and the server says so
  killed.send(extended("SELECT 1") + kSync);
  killed.receive(error("57P01", "FATAL"));
  killed.close();
  REQUIRE(killed.calls.size() == 1);
  CHECK(killed.calls[0].outcome == Outcome::kError);
  CHECK(error_of(killed.calls[0]) == "57P01");

  Connection answered;  // but for the Sync
  answered.send(extended("SELECT 1") + kSync);
  answered.receive(kParsed + kBound + result(1));
  const std::uint64_t ended = answered.now;
  answered.close();
  REQUIRE(answered.calls.size() == 1);
  CHECK(answered.calls[0].outcome == Outcome::kOk);
  CHECK(answered.calls[0].end_ns == ended);
}

TEST_CASE("PostgreSQL: the transaction's state when idle is known from ReadyForQuery") {
  Connection c;
  c.send(query("SELECT 1"));
  c.receive(result(1) + ready('T'));
  CHECK(c.calls.back().transaction == Transaction::kOpen);
  c.receive(error("25P03", "FATAL"));  // idle in transaction for too long
  c.close();
  CHECK(c.calls.size() == 1);
}

TEST_CASE("PostgreSQL: an error without a proper code has none") {
  for (const std::string& body :
       {"SERROR\0\0"s, "SERROR\0C2350\0\0"s, "C\x1b[31m\0\0"s, "C23505"s, ""s, "\0"s}) {
    Connection c;
    c.send(query("SELECT 1"));
    c.receive(message('E', body) + ready());
    REQUIRE(c.calls.size() == 1);
    CHECK(c.calls[0].outcome == Outcome::kError);
    CHECK(error_of(c.calls[0]).empty());
  }
}

}  // namespace culprit
