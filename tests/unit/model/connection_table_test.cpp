// SPDX-License-Identifier: Apache-2.0
#include "model/connection_table.h"

#include "call_samples.h"
#include "catch.h"

using namespace culprit;
using namespace culprit::test;

namespace {

ConnectionReading ended(ConnectionReading reading) {
  reading.end = SocketEnd::kClosed;
  return reading;
}

}  // namespace

TEST_CASE("a connection that ended is found for one more tick", "[connections]") {
  ConnectionTable table;
  const ConnectionReading reading = database_client(1, 100);
  table.advance({reading}, 0, true);
  REQUIRE(table.note_call(1));
  table.advance({ended(reading)}, 0, false);
  REQUIRE(table.note_call(1));
  CHECK_FALSE(table.note_call(1)->open());
  table.advance({}, 0, false);
  CHECK(table.note_call(1));
  table.advance({}, 0, false);
  CHECK_FALSE(table.note_call(1));
  CHECK(table.entries().empty());
}

TEST_CASE("a later listing takes the place of the earlier", "[connections]") {
  ConnectionTable table;
  ConnectionReading reading = database_client(1, 100);
  reading.busy_since_ns = 5;
  table.advance({reading}, 0, true);
  reading.busy_since_ns.reset();
  reading.database = "shop";
  table.advance({reading}, 0, false);
  REQUIRE(table.entries().size() == 1);
  CHECK(table.entries()[0].reading.database == "shop");
  CHECK_FALSE(table.entries()[0].reading.busy_since_ns);
}

TEST_CASE("a full table drops what has been unused for longest", "[connections]") {
  ConnectionTable table(8);
  for (std::uint64_t id = 1; id <= 8; id++) table.advance({database_client(id, 100)}, 0, id == 1);
  REQUIRE(table.note_call(1));
  table.advance({database_client(9, 100)}, 0, false);
  CHECK(table.entries().size() == 7);
  CHECK(table.note_call(1));
  CHECK(table.note_call(9));
  CHECK_FALSE(table.note_call(2));
  CHECK_FALSE(table.note_call(3));
}

TEST_CASE("both ends of a connection find each other", "[connections]") {
  ConnectionTable table;
  const auto client = connection(1, 100, Protocol::kRedis, SocketRole::kClient, "127.0.0.1:40000",
                                 "127.0.0.1:6379");
  auto server = connection(2, 200, Protocol::kRedis, SocketRole::kServer, "127.0.0.1:6379",
                           "127.0.0.1:40000");
  table.advance({client, server}, 0, true);
  const ConnectionEntry& answering = table.entries()[1];
  CHECK_FALSE(table.other_side_calls(answering));
  table.note_call(1);
  CHECK(table.other_side_calls(answering));
  CHECK_FALSE(table.other_side_calls(table.entries()[0]));

  server.protocol = Protocol::kHttp1;
  table.advance({server}, 0, false);
  CHECK_FALSE(table.other_side_calls(table.entries()[1]));
}

TEST_CASE("ends of a Unix socket find each other by path and client", "[connections]") {
  ConnectionTable table;
  const std::string path = "/run/postgresql/.s.PGSQL.5432";
  const auto client = connection(1, 100, Protocol::kPostgresql, SocketRole::kClient, "", path);
  auto server = connection(2, 200, Protocol::kPostgresql, SocketRole::kServer, path, "");
  auto stranger = server;
  server.peer_pid = 100;
  stranger.id = 3;
  stranger.peer_pid = 101;
  table.advance({client, server, stranger}, 0, true);
  table.note_call(1);
  CHECK(table.other_side_calls(table.entries()[1]));
  CHECK_FALSE(table.other_side_calls(table.entries()[2]));
  // The end of the client's connection ends that, too.
  table.advance({ended(client)}, 0, false);
  table.advance({}, 0, false);
  table.advance({}, 0, false);
  for (const ConnectionEntry& entry : table.entries()) CHECK_FALSE(table.other_side_calls(entry));
}
