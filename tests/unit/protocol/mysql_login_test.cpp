// SPDX-License-Identifier: Apache-2.0
// Login, and what is agreed there: TLS, compression, parameters of queries.
#include "catch.h"
#include "unit/protocol/mysql_wire.h"

namespace culprit {

using namespace mysql_wire;

namespace {

/// The text of a query with parameters before it; `parameters` as COM_QUERY has them.
std::string attributed(int count, std::string_view parameters, std::string_view sql) {
  return command(0x03, tiny(static_cast<std::uint64_t>(count)) + tiny(1) + std::string(parameters) +
                           std::string(sql));
}

std::string tls_record(int type, std::size_t size) {
  return std::string(1, static_cast<char>(type)) + "\x03\x03" + static_cast<char>(size >> 8) +
         static_cast<char>(size) + std::string(size, '\x5a');
}

}  // namespace

TEST_CASE("MySQL: a login is no call, and nothing of it is kept but the database") {
  Connection c(true);
  c.receive(greeting());
  c.send(login(kDeprecateEof | kLengths, "shop"));
  c.receive(packet(2, "\1\4"));  // caching_sha2: all of the password, please
  c.send(packet(3, "\2"));       // the key first
  c.receive(packet(4, "\1-----BEGIN PUBLIC KEY-----"));
  c.send(packet(5, "SECRET"));
  CHECK(c.decoder->pending() == 0);
  c.receive(ok(6));
  CHECK(c.decoder->database() == "shop");
  CHECK(c.calls.empty());
  CHECK(c.books.queries.take_new().empty());
  c.send(query("SELECT 1"));
  c.receive(result({.rows = 1, .eof_packets = false}));
  CHECK(c.calls.size() == 1);
  CHECK(c.quiet());
}

TEST_CASE("MySQL: another method of login, and one that is refused") {
  Connection c(true);
  c.receive(greeting());
  c.send(login(0));
  c.receive(packet(2, "\xfe" + std::string("mysql_native_password") + '\0' + "salt"));
  c.send(packet(3, std::string(20, 's')));
  c.receive(ok(4));
  c.send(query("SELECT 1"));
  c.receive(ok(1));
  CHECK(c.calls.size() == 1);
  CHECK(c.decoder->database().empty());

  Connection refused(true);
  refused.receive(greeting());
  refused.send(login(0, "shop"));
  refused.receive(error(2, 1045));
  refused.decoder->close(refused.now, refused.calls);
  CHECK(refused.calls.empty());
}

TEST_CASE("MySQL: a login may come byte by byte") {
  Connection c(true);
  for (const char& byte : greeting()) c.receive(std::string_view(&byte, 1));
  for (const char& byte : login(kDeprecateEof, "shop")) c.send(std::string_view(&byte, 1));
  for (const char& byte : ok(2)) c.receive(std::string_view(&byte, 1));
  c.send(prepare("SELECT a FROM t WHERE b = ?"));
  c.receive(prepared(1, 1, 1, false));
  CHECK(c.decoder->database() == "shop");
  CHECK(c.quiet());
}

TEST_CASE("MySQL: a greeting tells that a connection is new after all") {
  Connection c(false);
  c.log_in(0, "shop");
  CHECK(c.decoder->database() == "shop");
  c.send(query("SELECT 1"));
  c.receive(ok(1));
  CHECK(c.calls.size() == 1);
}

TEST_CASE("MySQL: a login that was not captured does no harm") {
  Connection c(true);
  c.receive("", 90);
  c.send("", 200);
  c.receive("", 11);
  c.send(query("SELECT 1"));
  c.receive(result({.rows = 1}));
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].rows == 1);
  CHECK(c.quiet());
}

TEST_CASE("MySQL: after the upgrade to TLS only turns are told, from the first query on") {
  Connection c(true);
  c.receive(greeting());
  c.send(tls_request());
  c.send(tls_record(0x16, 300));
  c.receive(tls_record(0x16, 3000));
  c.send(tls_record(0x14, 1) + tls_record(0x17, 60));
  c.send(tls_record(0x17, 200));  // the login
  c.receive(tls_record(0x17, 40));
  CHECK(c.decoder->pending() == 0);
  c.send(tls_record(0x17, 100));
  const std::uint64_t began = c.now;
  CHECK(c.decoder->pending() == 1);
  CHECK(c.decoder->busy_since() == began);
  c.receive(tls_record(0x17, 500));
  c.receive(tls_record(0x17, 500));
  const std::uint64_t ended = c.now;
  CHECK_FALSE(c.decoder->busy_since());
  CHECK(c.calls.empty());
  c.send(tls_record(0x17, 100));
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].query == 0);
  CHECK(c.calls[0].flags == kCallTimingOnly);
  CHECK(c.calls[0].start_ns == began);
  CHECK(c.calls[0].first_read_ns == began + 1'000'000);
  CHECK(c.calls[0].end_ns == ended);
  CHECK(c.calls[0].request_bytes == 105);
  CHECK(c.calls[0].reply_bytes == 1010);
  c.decoder->close(c.now + 7, c.calls);
  REQUIRE(c.calls.size() == 2);
  CHECK(c.calls[1].outcome == Outcome::kAborted);
  CHECK(c.calls[1].end_ns == c.now + 7);
}

TEST_CASE("MySQL: bytes out of the TLS library go on where the request for TLS was") {
  Connection c(true);
  c.receive(greeting());
  c.send(tls_request());
  c.send(login(kTls | kDeprecateEof, "shop", 2));
  c.receive(packet(3, "\1\4"));
  c.send(packet(4, std::string("\xff\xff\xff\xff") + std::string(28, 'x') + "SECRET"));
  c.receive(ok(5));
  CHECK(c.decoder->database() == "shop");
  c.send(query("SELECT 1"));
  c.receive(result({.rows = 1, .eof_packets = false}));
  CHECK(c.texts() == std::vector<std::string>{"SELECT ?"});
  CHECK(c.quiet());
}

TEST_CASE("MySQL: the compressed protocol is timed by turns") {
  Connection agreed(true);
  agreed.log_in(kCompress);
  Connection older(false);
  for (Connection* c : {&agreed, &older})
    for (int i = 0; i < 2; i++) {
      const std::string inner = query("SELECT 1");
      c->send(packet(0, "").replace(0, 1, number(inner.size(), 1)) + number(0, 3) + inner);
      c->receive(std::string(20, 'x'));
    }
  for (Connection* c : {&agreed, &older}) {
    c->decoder->close(c->now, c->calls);
    REQUIRE(c->calls.size() == 2);
    for (const Call& call : c->calls) {
      CHECK(call.flags == kCallTimingOnly);
      CHECK(call.query == 0);
      CHECK(call.outcome == Outcome::kOk);
    }
  }
  // What the server is not able to is not agreed on.
  Connection plain(true);
  plain.receive(greeting(kServerCapabilities & ~kCompress));
  plain.send(login(kCompress));
  plain.receive(ok(2));
  plain.send(query("SELECT 1"));
  plain.receive(ok(1));
  CHECK(plain.texts() == std::vector<std::string>{"SELECT ?"});
}

TEST_CASE("MySQL: the good-bye of an unreadable connection is no call") {
  Connection c(true);
  c.log_in(kCompress);
  c.send(number(20, 3) + '\0' + number(0, 3) + std::string(20, 'x'));
  c.receive(std::string(20, 'x'));
  c.send(number(5, 3) + '\0' + number(0, 3) + command(0x01));
  c.decoder->close(c.now, c.calls);
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].outcome == Outcome::kOk);
}

TEST_CASE("MySQL: compressed bytes are known by their envelope") {
  Connection c(false);
  const std::string squeezed = "\x78\x9c" + std::string(40, 'z');
  c.send(number(squeezed.size(), 3) + '\0' + number(90, 3) + squeezed);
  c.receive(std::string(20, 'x'));
  c.decoder->close(c.now, c.calls);
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].flags == kCallTimingOnly);
}

TEST_CASE("MySQL: the text of a query comes after its parameters") {
  const std::string typed = number(0, 1) + tiny(1) + number(0xfe, 2) + text("trace_id") +
                            number(8, 2) + text("n") + number(12, 2) + text("when") +
                            text("SECRET") + number(5, 8) + tiny(7) + std::string(7, 't');
  const std::string null = number(1, 1) + tiny(1) + number(6, 2) + text("nothing");
  for (const bool known : {true, false}) {
    Connection c(known);
    if (known) {
      c.receive(greeting(0xffffffff));
      c.send(login(kAttributes));
      c.receive(ok(2));
    }
    c.send(attributed(0, "", "SELECT 1"));
    c.receive(ok(1));
    c.send(attributed(3, typed, "SELECT a FROM t"));
    c.receive(ok(1));
    c.send(attributed(1, null, "SELECT b FROM t"));
    c.receive(ok(1));
    CHECK(c.texts() == std::vector<std::string>{"SELECT ?", "SELECT a FROM t", "SELECT b FROM t"});
    // A type that is not known has a length that is not known.
    c.send(attributed(1, number(0, 1) + tiny(1) + number(99, 2) + text("x") + "SECRET", "SELECT"));
    c.receive(ok(1));
    CHECK(c.calls.back().query == 0);
    CHECK(c.calls.back().flags == kCallTextUnseen);
    CHECK(c.quiet());
  }
}

}  // namespace culprit
