// SPDX-License-Identifier: Apache-2.0
#include "call_samples.h"
#include "catch.h"

using namespace culprit;
using namespace culprit::test;

namespace {

CallReading after(CallReading reading, Transaction transaction) {
  reading.call.transaction = transaction;
  return reading;
}

ConnectionReading ended_at(ConnectionReading reading, double seconds) {
  reading.end = SocketEnd::kClosed;
  reading.ended_ns = at(seconds);
  return reading;
}

}  // namespace

TEST_CASE("a database is told by protocol and address of its server", "[calls]") {
  const auto postgresql = database_client(1, 100);
  const auto redis = database_client(2, 100, "10.0.0.9:5432", Protocol::kRedis);
  auto socket = connection(3, 100, Protocol::kPostgresql, SocketRole::kClient, "",
                           "/run/postgresql/.s.PGSQL.5432");
  socket.peer_pid = 200;
  const auto served =
      connection(4, 200, Protocol::kMysql, SocketRole::kServer, "10.0.0.1:3306", "10.0.0.50:51000");
  CallScene scene({postgresql, redis, socket, served});
  const Snapshot snapshot = scene.tick(1, {call_on(postgresql, 0, 0.4), call_on(redis, 0, 0.3),
                                           call_on(socket, 0, 0.2), call_on(served, 0, 0.1)});
  REQUIRE(snapshot.databases.size() == 4);
  CHECK(snapshot.databases[0].protocol == Protocol::kPostgresql);
  CHECK_FALSE(snapshot.databases[0].server);
  CHECK(snapshot.databases[1].protocol == Protocol::kRedis);
  CHECK(snapshot.databases[2].address == "/run/postgresql/.s.PGSQL.5432");
  REQUIRE(snapshot.databases[2].server);
  CHECK(snapshot.databases[2].server->id.pid == 200);
  CHECK(snapshot.databases[3].address == "10.0.0.1:3306");
  CHECK(snapshot.databases[3].server->name == "p200");
  CHECK(snapshot.databases[3].pools.empty());
  CHECK(snapshot.databases[3].operations == 1);
  CHECK(process_row(snapshot, 200)->requests->count == 1);
  CHECK(process_row(snapshot, 200)->calls->count == 0);
}

TEST_CASE("what both ends tell counts once, as the client saw it", "[calls]") {
  const auto client = connection(1, 100, Protocol::kRedis, SocketRole::kClient, "127.0.0.1:40000",
                                 "127.0.0.1:6379");
  const auto server = connection(2, 200, Protocol::kRedis, SocketRole::kServer, "127.0.0.1:6379",
                                 "127.0.0.1:40000");
  CallScene scene({client, server});
  CallReading joined = call_on(client, 0.1, 0.4);
  joined.server = {200, 200, at(0.2), at(0.3), at(0.3), 0, 0, 0};
  const Snapshot snapshot = scene.tick(1, {call_on(server, 0.2, 0.3), joined});
  REQUIRE(snapshot.databases.size() == 1);
  CHECK(snapshot.databases[0].operations == 1);
  CHECK(snapshot.databases[0].seconds == Approx(0.3));
  CHECK(snapshot.databases[0].server->id.pid == 200);
  REQUIRE(snapshot.queries.size() == 1);
  CHECK(snapshot.queries[0].calls == 1);
  CHECK(process_row(snapshot, 100)->calls->count == 1);
  CHECK(process_row(snapshot, 200)->requests->count == 1);
  CHECK(process_row(snapshot, 200)->requests->latency->p50_seconds == Approx(0.1).epsilon(0.016));
}

TEST_CASE("of a pool it is told how many connections are open and busy", "[calls]") {
  std::vector<ConnectionReading> clients;
  for (std::uint64_t id = 1; id <= 4; id++) clients.push_back(database_client(id, 100));
  CallScene scene(clients);
  auto opened = database_client(5, 100);
  opened.opened_ns = at(0.5);
  auto working = clients[2];
  working.busy_since_ns = at(0.75);
  // Two at once for 0.1 s, one after the other without a gap, and one that goes on.
  const Snapshot snapshot = scene.tick(
      1,
      {call_on(clients[0], 0.1, 0.3), call_on(clients[1], 0.2, 0.4), call_on(clients[0], 0.3, 0.5)},
      {opened, working, ended_at(clients[3], 0.9)});
  REQUIRE(snapshot.databases.size() == 1);
  REQUIRE(snapshot.databases[0].pools.size() == 1);
  const PoolRow& pool = snapshot.databases[0].pools[0];
  CHECK(pool.process.name == "p100");
  CHECK(pool.open == 4);
  CHECK(pool.opened == 1);
  CHECK(pool.closed == 1);
  CHECK(pool.busy_mean == Approx(0.4 + 0.2 + 0.25));
  CHECK(pool.busy_peak == 2);
  CHECK(pool.in_transaction == 0);

  // What was counted while it went on is not counted again at its end.
  const Snapshot next = scene.tick(2, {call_on(clients[2], 0.75, 1.5)}, {clients[2]});
  const PoolRow& later = next.databases.at(0).pools.at(0);
  CHECK(later.open == 4);
  CHECK(later.opened == 0);
  CHECK(later.closed == 0);
  CHECK(later.busy_mean == Approx(0.5));
  CHECK(later.busy_peak == 1);
}

TEST_CASE("an idle database keeps its row while connections are open", "[calls]") {
  const auto client = database_client(1, 100);
  CallScene scene({client});
  const Snapshot idle = scene.tick(1);
  REQUIRE(idle.databases.size() == 1);
  CHECK(idle.databases[0].operations == 0);
  CHECK_FALSE(idle.databases[0].latency);
  CHECK_FALSE(idle.databases[0].transactions);
  CHECK_FALSE(idle.databases[0].cache);
  CHECK(idle.databases[0].pools.at(0).open == 1);
  scene.tick(2, {}, {ended_at(client, 1.5)});
  CHECK(scene.tick(3).databases.empty());
}

TEST_CASE("a connection that is recognised a tick after its opening was opened once", "[calls]") {
  CallScene scene({});
  auto fresh = database_client(1, 100, "10.0.0.9:5432", Protocol::kUnknown);
  fresh.opened_ns = at(0.9);
  const Snapshot unknown = scene.tick(1, {}, {fresh});
  CHECK(unknown.databases.empty());
  CHECK(unknown.services.at(0).connects == 1);
  fresh.protocol = Protocol::kPostgresql;
  const Snapshot known = scene.tick(2, {}, {fresh});
  CHECK(known.databases.at(0).pools.at(0).opened == 1);
  CHECK(known.services.at(0).connects == 0);
  CHECK(scene.tick(3, {}, {fresh}).databases.at(0).pools.at(0).opened == 0);
}

TEST_CASE("transactions are counted when they end, and told while they are open", "[calls]") {
  const auto client = database_client(1, 100);
  CallScene scene({client});
  const Snapshot open = scene.tick(1, {after(call_on(client, 0.1, 0.2), Transaction::kOpen),
                                       after(call_on(client, 0.4, 0.5), Transaction::kOpen)});
  REQUIRE(open.databases.at(0).transactions);
  CHECK(open.databases[0].transactions->count == 0);
  CHECK(open.databases[0].transactions->open == 1);
  CHECK(*open.databases[0].transactions->longest_open_seconds == Approx(0.9));
  CHECK(*open.databases[0].transactions->longest_idle_seconds == Approx(0.5));
  CHECK(open.databases[0].pools.at(0).in_transaction == 1);

  auto busy = client;
  busy.busy_since_ns = at(1.9);
  const Snapshot working = scene.tick(2, {}, {busy});
  CHECK(*working.databases.at(0).transactions->longest_open_seconds == Approx(1.9));
  CHECK_FALSE(working.databases[0].transactions->longest_idle_seconds);

  const Snapshot done =
      scene.tick(3, {after(call_on(client, 1.9, 2.1), Transaction::kNone)}, {client});
  REQUIRE(done.databases.at(0).transactions);
  const TransactionTotals& totals = *done.databases[0].transactions;
  CHECK(totals.count == 1);
  CHECK(totals.statements == 3);
  CHECK(totals.seconds == Approx(2.0));
  CHECK(totals.longest_seconds == Approx(2.0));
  CHECK(totals.idle_seconds == Approx(0.2 + 1.4));
  CHECK(totals.open == 0);
  CHECK_FALSE(totals.longest_open_seconds);
}

TEST_CASE("a connection that ends takes its transaction with it", "[calls]") {
  const auto client = database_client(1, 100);
  CallScene scene({client});
  const Snapshot snapshot = scene.tick(1, {after(call_on(client, 0.1, 0.2), Transaction::kOpen)},
                                       {ended_at(client, 0.6)});
  REQUIRE(snapshot.databases.at(0).transactions);
  CHECK(snapshot.databases[0].transactions->count == 1);
  CHECK(snapshot.databases[0].transactions->seconds == Approx(0.5));
  CHECK(snapshot.databases[0].transactions->open == 0);
}

TEST_CASE("hits and misses of a cache are summed", "[calls]") {
  const auto client = database_client(1, 100, "10.0.0.9:6379", Protocol::kRedis);
  CallScene scene({client});
  CallReading get = call_on(client, 0.1, 0.2);
  get.call.cache_hits = 2;
  get.call.cache_misses = 1;
  const Snapshot snapshot = scene.tick(1, {get, get});
  REQUIRE(snapshot.databases.at(0).cache);
  CHECK(snapshot.databases[0].cache->hits == 4);
  CHECK(snapshot.databases[0].cache->misses == 2);
  CHECK_FALSE(snapshot.databases[0].transactions);
}

TEST_CASE("calls that come a tick after their connection's end still count", "[calls]") {
  const auto client = database_client(1, 100);
  CallScene scene({client});
  scene.tick(1, {}, {ended_at(client, 0.9)});
  const Snapshot late = scene.tick(2, {call_on(client, 0.7, 0.8)});
  REQUIRE(late.databases.size() == 1);
  CHECK(late.databases[0].operations == 1);
  CHECK(late.databases[0].pools.at(0).open == 0);
  CHECK(late.databases[0].pools[0].closed == 0);
  CHECK(late.databases[0].pools[0].busy_peak == 0);
  CHECK(scene.tick(3, {call_on(client, 0.7, 0.8)}).databases.empty());
}
