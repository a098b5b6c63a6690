// SPDX-License-Identifier: Apache-2.0
// More than is kept, and first bytes that only look like commands.
#include "catch.h"
#include "unit/protocol/mysql_wire.h"

namespace culprit {

using namespace mysql_wire;

TEST_CASE("MySQL: commands sent ahead beyond what is kept stay in step") {
  Connection c(true);
  c.log_in(0);
  std::string pings;
  for (int i = 0; i < 600; i++) pings += command(0x0e);
  c.send(pings);
  CHECK(c.decoder->pending() == 512);
  CHECK(c.decoder->lost_calls() == 600 - 512);
  for (int i = 0; i < 599; i++) c.receive(ok(1));
  c.send(query("SELECT a FROM t"));
  c.receive(ok(1) + result({.rows = 5}));
  CHECK(c.calls.size() == 513);
  CHECK(c.last_text() == "SELECT a FROM t");
  CHECK(c.calls.back().rows == 5);
  CHECK(c.decoder->pending() == 0);
  CHECK(c.decoder->contradictions() == 0);
}

TEST_CASE("MySQL: commands that nobody answers take bounded room") {
  Connection c(true);
  c.log_in(0);
  std::string pings;
  for (int i = 0; i < 70000; i++) pings += command(0x0e);
  c.send(pings);
  CHECK(c.decoder->pending() <= 512);
  CHECK(c.decoder->lost_calls() > 60000);
}

TEST_CASE("MySQL: a connection met in mid-stream with other commands than queries") {
  Connection c;
  SECTION("long data, which is not answered, and the execution after it") {
    c.send(command(0x18, number(3, 4) + number(0, 2) + "data"));
    CHECK(c.decoder->pending() == 0);
    c.send(execute(3));
    c.receive(ok(1, 2));
  }
  SECTION("a bulk execution") {
    c.send(command(0xfa, number(3, 4) + number(0, 2) + std::string(20, '\1')));
    c.receive(ok(1, 2));
  }
  SECTION("a statement that is closed, and a query behind it") {
    c.send(command(0x19, number(3, 4)) + query("UPDATE t SET a = 1"));
    c.receive(ok(1, 2));
  }
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].rows == 2);
  CHECK(c.quiet());
}

TEST_CASE("MySQL: what goes against its first byte is no command") {
  const std::string wrong[] = {
      command(0x17, "short"),   // an execution has nine bytes at least
      command(0x18, "ab"),      // long data tells where it belongs
      command(0xfa, "ab"),      // so does a bulk execution
      command(0x19, "longer"),  // a statement's number alone
      command(0x0e, std::string(2000, 'x')),
      command(0x03, "\x02\x03"),
      command(0x7f),
  };
  for (const std::string& bytes : wrong) {
    Connection c;
    c.send(bytes);
    CHECK(c.decoder->pending() == 0);
    c.send(query("SELECT a FROM t"));
    c.receive(result({.rows = 5}));
    REQUIRE(c.calls.size() == 1);
    CHECK(c.calls[0].rows == 5);
  }
}

}  // namespace culprit
