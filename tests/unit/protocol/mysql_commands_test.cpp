// SPDX-License-Identifier: Apache-2.0
// Prepared statements, and the commands without SQL.
#include "catch.h"
#include "unit/protocol/mysql_wire.h"

namespace culprit {

using namespace mysql_wire;

TEST_CASE("MySQL: prepare, execute many, close, and the id again") {
  for (const bool eof_packets : {true, false}) {
    Connection c(true);
    c.log_in(eof_packets ? 0 : kDeprecateEof);
    c.send(prepare("SELECT a, b FROM t WHERE id = ?"));
    c.receive(prepared(1, 1, 2, eof_packets));
    CHECK(c.calls.empty());  // nothing of it ran
    CHECK(c.quiet());
    for (int i = 0; i < 3; i++) {
      c.send(execute(1));
      // Rows of the binary protocol begin as an OK packet does.
      c.receive(result(
          {.columns = 2, .rows = i, .eof_packets = eof_packets, .row = std::string(9, '\0')}));
    }
    REQUIRE(c.calls.size() == 3);
    for (std::size_t i = 0; i < 3; i++) {
      CHECK(c.text_of(c.calls[i]) == "SELECT a, b FROM t WHERE id = ?");
      CHECK(c.calls[i].flags == kCallPrepared);
      CHECK(c.calls[i].rows == i);
    }
    c.send(command(0x19, number(1, 4)));
    CHECK(c.quiet());
    c.send(prepare("DELETE FROM t WHERE id = ?"));
    c.receive(prepared(1, 1, 0, eof_packets));
    c.send(execute(1));
    c.receive(ok(1, 6));
    CHECK(c.last_text() == "DELETE FROM t WHERE id = ?");
    CHECK(c.calls.back().rows == 6);
    CHECK(c.quiet());
  }
}

TEST_CASE("MySQL: statements with neither parameters nor columns, and failed ones") {
  Connection c(true);
  c.log_in(0);
  c.send(prepare("BEGIN"));
  c.receive(prepared(3, 0, 0));
  c.send(prepare("SELEC ?"));
  c.receive(error(1, 1064));
  CHECK(c.calls.empty());
  c.send(execute(3));
  c.receive(ok(1));
  CHECK(c.texts() == std::vector<std::string>{"BEGIN"});
  CHECK(c.quiet());
}

TEST_CASE("MySQL: a statement's definitions end as the connection has them end") {
  // Whether an EOF packet follows definitions is not known of a connection that is older.
  for (const bool eof_packets : {true, false})
    for (const int columns : {0, 2}) {
      Connection c;
      const std::string reply = prepared(1, 2, columns, eof_packets);
      c.send(prepare("SELECT a FROM t WHERE b = ? AND c = ?") + execute(0xffffffff));
      c.receive(reply + result({.rows = 2, .eof_packets = eof_packets}));
      REQUIRE(c.calls.size() == 1);
      CHECK(c.calls[0].rows == 2);
      c.send(prepare("SELECT b FROM t WHERE b = ? AND c = ?"));
      for (const char& byte : reply) c.receive(std::string_view(&byte, 1));
      CHECK(c.quiet());
      c.send(execute(1));
      c.receive(result({.rows = 1, .eof_packets = eof_packets}));
      CHECK(c.last_text() == "SELECT b FROM t WHERE b = ? AND c = ?");
      CHECK(c.quiet());
    }
}

TEST_CASE("MySQL: definitions may be left out of what is prepared") {
  Connection c;
  c.send(prepare("SELECT a FROM t WHERE b = ?") + execute(0xffffffff));
  c.receive(packet(1, number(0, 1) + number(7, 4) + number(3, 2) + number(1, 2) + number(0, 3) +
                          number(0, 1)) +
            ok(1));
  CHECK(c.texts() == std::vector<std::string>{"SELECT a FROM t WHERE b = ?"});
  CHECK(c.quiet());
}

TEST_CASE("MariaDB: prepare and execute are sent at once") {
  Connection c(true);
  c.log_in(kDeprecateEof);
  c.send(prepare("SELECT a FROM t WHERE id = ?"));
  c.send(execute(0xffffffff));
  c.receive(prepared(9, 1, 1, false));
  c.receive(result({.rows = 1, .eof_packets = false}));
  c.send(execute(9));
  c.receive(result({.rows = 1, .eof_packets = false}));
  REQUIRE(c.calls.size() == 2);
  for (const Call& call : c.calls) CHECK(c.text_of(call) == "SELECT a FROM t WHERE id = ?");
  CHECK(c.calls[0].flags == (kCallPrepared | kCallPipelined));
  CHECK(c.calls[1].flags == kCallPrepared);
  CHECK(c.quiet());
}

TEST_CASE("MariaDB: one bulk execution is one call") {
  Connection c(true);
  c.log_in(0);
  c.send(prepare("INSERT INTO t VALUES (?)"));
  c.receive(prepared(2, 1, 0));
  c.send(command(0xfa, number(2, 4) + number(128, 2) + number(3, 2) + std::string(60, 'x')));
  c.receive(ok(1, 30));
  REQUIRE(c.calls.size() == 1);
  CHECK(c.last_text() == "INSERT INTO t VALUES (?)");
  CHECK(c.calls[0].rows == 30);
  CHECK(c.calls[0].flags == kCallPrepared);
}

TEST_CASE("MySQL: a statement from before culprit came has no text") {
  Connection c;
  c.send(execute(5));
  c.receive(result({.rows = 2}));
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].query == 0);
  CHECK(c.calls[0].flags == (kCallPrepared | kCallTextUnseen));
  CHECK(c.calls[0].rows == 2);
}

TEST_CASE("MySQL: long data and close have no answer; a reset is no call") {
  Connection c(true);
  c.log_in(0);
  c.send(prepare("INSERT INTO t VALUES (?)"));
  c.receive(prepared(1, 1, 0));
  c.send(command(0x18, number(1, 4) + number(0, 2) + std::string(5000, 'x')));
  c.send(command(0x18, number(1, 4) + number(0, 2) + std::string(5000, 'y')));
  CHECK(c.quiet());
  c.send(execute(1));
  c.receive(ok(1, 1));
  c.send(command(0x1a, number(1, 4)));
  CHECK(c.decoder->pending() == 1);
  c.receive(ok(1));
  c.send(command(0x19, number(1, 4)) + command(0x01));
  CHECK(c.texts() == std::vector<std::string>{"INSERT INTO t VALUES (?)"});
  CHECK(c.quiet());
}

TEST_CASE("MySQL: a cursor's execution ends before its rows, which are fetched in parts") {
  for (const bool eof_packets : {true, false}) {
    Connection c(true);
    c.log_in(eof_packets ? 0 : kDeprecateEof);
    c.send(prepare("SELECT a FROM t"));
    c.receive(prepared(1, 0, 1, eof_packets));
    c.send(execute(1));
    const auto end = eof_packets ? eof : ok_eof;
    c.receive(packet(1, tiny(1)) + definition(2) + end(3, kCursor));
    REQUIRE(c.calls.size() == 1);
    CHECK(c.calls[0].rows == kUnknownCount);
    for (int i = 0; i < 2; i++) {
      c.send(command(0x1c, number(1, 4) + number(2, 4)));
      CHECK(c.decoder->pending() == 1);
      c.receive(packet(1, std::string(4, '\0')) + packet(2, std::string(4, '\0')) +
                end(3, kCursor));
    }
    CHECK(c.calls.size() == 1);
    CHECK(c.quiet());
  }
}

TEST_CASE("MySQL: commands without SQL are calls under their names") {
  Connection c(true);
  c.log_in(0);
  const std::string defs = definition(1) + definition(2);
  const struct {
    int code;
    std::string name, reply;
  } commands[] = {
      {0x0e, "PING", ok(1)},
      {0x09, "STATISTICS", packet(1, "Uptime: 1  Threads: 2")},
      {0x1b, "SET_OPTION", eof(1)},
      {0x0d, "DEBUG", eof(1)},
      {0x07, "REFRESH", ok(1)},
      {0x0c, "PROCESS_KILL", error(1, 1094)},
      {0x0a, "PROCESS_INFO", result({.columns = 8, .rows = 3})},
      {0x04, "FIELD_LIST", defs + eof(3)},
      {0x04, "FIELD_LIST", defs + ok_eof(3)},
      {0x04, "FIELD_LIST", error(1, 1146)},
      {0x1f, "RESET_CONNECTION", ok(1)},
  };
  for (const auto& [code, name, reply] : commands) {
    c.send(command(code, std::string(2, 'x')));
    const std::size_t before = c.calls.size();
    c.receive(reply);
    REQUIRE(c.calls.size() == before + 1);
    CHECK(c.last_text() == name);
    CHECK(c.books.queries.find(c.calls.back().query)->operation == name);
    CHECK(c.calls.back().reply_bytes == reply.size());
    CHECK(c.quiet());
  }
  CHECK(c.calls[0].rows == kUnknownCount);
}

TEST_CASE("MySQL: the database follows INIT_DB, USE and CHANGE_USER, when they succeed") {
  Connection c(true);
  c.log_in(0, "shop");
  CHECK(c.decoder->database() == "shop");
  c.send(command(0x02, "stock"));
  CHECK(c.decoder->database() == "shop");
  c.receive(ok(1));
  CHECK(c.decoder->database() == "stock");
  CHECK(c.last_text() == "INIT_DB");
  c.send(command(0x02, "nope"));
  c.receive(error(1, 1049));
  CHECK(c.decoder->database() == "stock");
  c.send(query("use `my shop`"));
  c.receive(ok(1));
  CHECK(c.decoder->database() == "my shop");
  c.send(query("  USE plain ;"));
  c.receive(ok(1));
  CHECK(c.decoder->database() == "plain");
  c.send(query("SELECT 'use x'"));
  c.receive(result({.rows = 1}));
  CHECK(c.decoder->database() == "plain");
  c.send(command(0x11, std::string("me") + '\0' + text("SECRET") + "mine" + '\0' + "\x21" + '\0'));
  c.receive(packet(1, "\xfe" + std::string("mysql_native_password") + '\0' + "salt"));
  c.send(packet(2, "SECRET"));
  CHECK(c.decoder->database() == "plain");
  c.receive(packet(3, "\1\3"));
  c.receive(ok(4));
  CHECK(c.decoder->database() == "mine");
  CHECK(c.last_text() == "CHANGE_USER");
  CHECK(c.calls.back().flags == 0);
  CHECK(c.quiet());
}

TEST_CASE("MySQL: CHANGE_USER and RESET_CONNECTION forget what was prepared") {
  for (const int code : {0x11, 0x1f}) {
    Connection c(true);
    c.log_in(0);
    c.send(prepare("SELECT a FROM t"));
    c.receive(prepared(1, 0, 1));
    c.send(command(code, code == 0x11 ? std::string("u") + '\0' + '\0' + '\0' : ""));
    c.receive(ok(1));
    c.send(execute(1));
    c.receive(ok(1));
    CHECK(c.calls.back().flags == (kCallPrepared | kCallTextUnseen));
  }
}

TEST_CASE("MySQL: a replica's stream never ends and does not count as slow") {
  for (const int code : {0x12, 0x1e}) {
    Connection c(true);
    c.log_in(0);
    c.send(command(0x15, std::string(18, 'r')));
    c.receive(ok(1));
    c.send(command(code, std::string(30, 'x')));
    for (int i = 1; i < 300; i++) c.receive(packet(i, std::string(50, '\0')));
    c.send(packet(0, "\xef" + std::string(16, 'p')));  // acknowledges
    c.receive(std::string(70, 'z'), 5000);
    CHECK(c.calls.size() == 1);
    CHECK_FALSE(c.decoder->busy_since());
    c.decoder->close(c.now, c.calls);
    REQUIRE(c.calls.size() == 2);
    CHECK((c.calls[1].flags & kCallWaits) != 0);
    CHECK(c.calls[1].outcome == Outcome::kAborted);
  }
}

TEST_CASE("MySQL: a connection that never closes its statements loses the oldest") {
  Connection c(true);
  c.log_in(0);
  for (std::uint32_t id = 1; id <= 5000; id++) {
    c.send(prepare("SELECT a FROM t"));
    c.receive(prepared(id, 0, 0));
  }
  c.send(execute(1));
  c.receive(ok(1));
  CHECK(c.calls.back().query == 0);
  c.send(execute(5000));
  c.receive(ok(1));
  CHECK(c.last_text() == "SELECT a FROM t");
}

}  // namespace culprit
