// SPDX-License-Identifier: Apache-2.0
// Prepared statements: whose text is known, from where, and until when.
#include "catch.h"
#include "unit/protocol/postgresql_wire.h"

namespace culprit {

using namespace postgresql_wire;
using Texts = std::vector<std::string>;

TEST_CASE("PostgreSQL: statements that are closed, deallocated or discarded are forgotten") {
  const std::vector<std::string> ways = {close_statement("S_1") + kSync,
                                         query("DEALLOCATE \"S_1\""),
                                         query(" deallocate prepare \"S_1\" ;"),
                                         query("DEALLOCATE ALL"),
                                         query("DISCARD ALL;"),
                                         extended("DISCARD ALL") + kSync};
  for (const std::string& way : ways) {
    Connection c;
    c.send(parse("S_1", "SELECT a FROM t") + kSync);
    c.receive(kParsed + ready());
    c.books.statements.learn(1, "S_1", 99);  // another bears the name
    c.send(way);
    c.receive(ready());
    c.calls.clear();
    c.send(bind_to("", "S_1") + execute() + kSync);
    c.receive(error("26000") + ready());
    REQUIRE(c.calls.size() == 1);
    CHECK(c.calls[0].query == 0);
    CHECK(c.calls[0].flags == (kCallPrepared | kCallTextUnseen));
  }
}

TEST_CASE("PostgreSQL: what discards something else forgets nothing") {
  Connection c;
  c.send(parse("s1", "SELECT a FROM t") + kSync);
  c.receive(kParsed + ready());
  for (const char* sql : {"DISCARD PLANS", "DISCARD TEMP", "DEALLOCATE s2", "DEALLOCATE PREPARE",
                          "DEALLOCATE \"S1\"", "DEALLOCATE \"s1", "DISCARD"}) {
    c.send(query(sql));
    c.receive(complete("OK") + ready());
  }
  c.send(close_portal("s1") + kSync + message('C') + kSync);
  c.receive(kClosed + ready() + ready());
  c.send(bind_to("", "s1") + execute() + kSync);
  c.receive(kBound + complete("SELECT 0") + ready());
  CHECK(c.last_text() == "SELECT a FROM t");
  c.send(query("DEALLOCATE S1"));  // is s1
  c.receive(complete("DEALLOCATE") + ready());
  c.send(parse("s1", "SELECT b FROM t") + bind_to("", "s1") + execute() + kSync);
  c.receive(kParsed + kBound + complete("SELECT 0") + ready());
  CHECK(c.last_text() == "SELECT b FROM t");
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: a connection older than culprit, whose first message is Bind") {
  Connection c;
  c.receive(rows(3));  // of a request that nobody saw
  c.send(bind_to("", "S_1") + execute() + kSync);
  c.receive(kBound + complete("UPDATE 1") + ready());
  REQUIRE(c.calls.size() == 1);
  CHECK(c.calls[0].query == 0);
  CHECK(c.calls[0].flags == (kCallPrepared | kCallTextUnseen));
  CHECK(c.calls[0].rows == 1);

  c.send(execute("C_7"));
  c.send(bind_to("", "") + execute() + kSync);
  c.receive(complete("SELECT 1") + kBound + complete("SELECT 1") + ready());
  REQUIRE(c.calls.size() == 3);
  CHECK((c.calls[1].flags & kCallTextUnseen));
  CHECK((c.calls[2].flags & kCallTextUnseen));
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: its text is that which another connection prepares under the name") {
  Connection sibling;
  sibling.send(parse("S_1", "UPDATE t SET a = $1") + kSync);
  Connection c(sibling.books);
  c.send(bind_to("", "S_1") + execute() + kSync);
  c.receive(kBound + complete("UPDATE 1") + ready());
  CHECK(c.texts() == Texts{"UPDATE t SET a = ?"});
  CHECK(c.calls[0].flags == kCallPrepared);

  sibling.send(parse("S_1", "SELECT 1") + kSync);  // the name tells no more
  c.send(bind_to("", "S_1") + execute() + kSync);
  c.receive(kBound + complete("UPDATE 1") + ready());
  CHECK((c.calls[1].flags & kCallTextUnseen));
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: PgBouncer in transaction mode prepares a client's statements elsewhere") {
  Connection c(true);
  c.send(start_up("user\0pgbouncer\0"s));
  c.receive(log_in_done());
  for (int client = 1; client <= 3; client++) {
    const std::string name = "PGBOUNCER_" + std::to_string(client);
    const std::string table = "t" + std::to_string(client);
    c.send(parse(name, "SELECT a FROM " + table) + kFlush);
    c.receive(kParsed);
    c.send(query("BEGIN"));
    c.receive(complete("BEGIN") + ready('T'));
    c.send(bind_to("", name) + describe() + execute() + kSync);
    c.receive(kBound + result(1) + ready('T'));
    CHECK(c.last_text() == "SELECT a FROM " + table);
    c.send(query("COMMIT"));
    c.receive(complete("COMMIT") + ready());
  }
  c.send(query("DISCARD ALL"));
  c.receive(complete("DISCARD ALL") + ready());
  CHECK(c.calls.size() == 10);
  CHECK(c.calls.back().transaction == Transaction::kNone);
  CHECK(c.quiet());
}

TEST_CASE("PostgreSQL: more statements and portals than are kept, and overlong names") {
  Connection c;
  for (int i = 0; i < 5000; i++) {
    const std::string name = "n" + std::to_string(i);
    c.send(parse(name, "SELECT a FROM t") + bind_to(name, name) + kSync);
    c.receive(kParsed + kBound + ready());
  }
  c.send(bind_to("", "n17") + execute() + bind_to("p", "n4999") + execute("p") + kSync);
  const std::string name(300, 'x');
  c.send(parse(name, "SELECT b FROM t") + bind_to("", name) + execute() + kSync);
  c.receive(kBound + complete("SELECT 1") + kBound + complete("SELECT 1") + ready());
  c.receive(kParsed + kBound + complete("SELECT 1") + ready());
  CHECK(c.texts() == Texts{"SELECT a FROM t", "SELECT a FROM t", ""});
  CHECK(c.quiet());
}

}  // namespace culprit
