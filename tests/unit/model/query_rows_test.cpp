// SPDX-License-Identifier: Apache-2.0
#include "call_samples.h"
#include "catch.h"

using namespace culprit;
using namespace culprit::test;

TEST_CASE("calls of a query sum to one row", "[calls]") {
  ConnectionReading client = database_client(1, 100);
  client.database = "shop";
  CallScene scene({client});
  CallReading plain = call_on(client, 0.1, 0.2);
  plain.call.rows = 3;
  plain.call.request_bytes = 10;
  plain.call.reply_bytes = 500;
  CallReading failing = erring(call_on(client, 0.3, 0.4), "23505");
  CallReading cut = call_on(client, 0.5, 0.6);
  cut.call.outcome = Outcome::kAborted;
  const Snapshot snapshot = scene.tick(1, {plain, failing, cut, erring(plain, "")});
  REQUIRE(snapshot.queries.size() == 1);
  const QueryRow& row = snapshot.queries[0];
  CHECK(row.id == 1);
  CHECK(row.protocol == Protocol::kPostgresql);
  CHECK(row.address == "10.0.0.9:5432");
  CHECK(row.database == "shop");
  CHECK(row.operation == "SELECT");
  CHECK(row.text == "SELECT * FROM t WHERE id = ?");
  CHECK(row.calls == 4);
  CHECK(row.errors == 3);
  CHECK(row.errors_by_code ==
        std::map<std::string, std::uint64_t>{{"23505", 1}, {"aborted", 1}, {"unknown", 1}});
  CHECK(row.rows == 6u);
  CHECK(row.request_bytes == 20);
  CHECK(row.reply_bytes == 1000);
  CHECK(row.seconds == Approx(0.4));
  REQUIRE(row.latency);
  CHECK(row.latency->count == 4);
  CHECK(row.latency->p50_seconds == Approx(0.1).epsilon(0.016));
  CHECK_FALSE(row.waits);
  CHECK_FALSE(row.parts);
  CHECK_FALSE(row.server);
  REQUIRE(row.callers.size() == 1);
  CHECK(row.callers[0].process.name == "p100");
  CHECK(row.callers[0].process.id == ProcessId{100, 7});
  CHECK_FALSE(row.callers[0].task);
  CHECK(row.callers[0].calls == 4);
}

TEST_CASE("rows are absent when no call told them, text when it is not known", "[calls]") {
  const ConnectionReading client = database_client(1, 100);
  CallScene scene({client});
  const Snapshot snapshot =
      scene.tick(1, {call_on(client, 0.1, 0.3, 0), call_on(client, 0.4, 0.5, 99)});
  REQUIRE(snapshot.queries.size() == 2);
  CHECK(snapshot.queries[0].id == 0);
  CHECK(snapshot.queries[1].id == 99);
  for (const QueryRow& row : snapshot.queries) {
    CHECK_FALSE(row.text);
    CHECK_FALSE(row.operation);
    CHECK_FALSE(row.database);
    CHECK_FALSE(row.rows);
  }
}

TEST_CASE("calls without a text share a row whatever their database", "[calls]") {
  ConnectionReading shop = database_client(1, 100), bank = database_client(2, 100);
  shop.database = "shop";
  bank.database = "bank";
  CallScene scene({shop, bank});
  const Snapshot snapshot = scene.tick(1, {call_on(shop, 0.1, 0.2, 0), call_on(bank, 0.1, 0.2, 0),
                                           call_on(shop, 0.3, 0.4), call_on(bank, 0.3, 0.4)});
  REQUIRE(snapshot.queries.size() == 3);
  CHECK(snapshot.queries[0].calls == 2);
  CHECK_FALSE(snapshot.queries[0].database);
  CHECK(snapshot.queries[1].database == "bank");
  CHECK(snapshot.queries[2].database == "shop");
}

TEST_CASE("the parts of calls are summed where arrival is known", "[calls]") {
  const ConnectionReading client = database_client(1, 100);
  CallScene scene({client});
  CallReading known = call_on(client, 0.1, 0.9);
  known.call.request_end_ns = at(0.2);
  known.call.arrived_ns = at(0.5);
  known.call.first_read_ns = at(0.6);
  CallReading early = known;  // the reply came before the request's end
  early.call.arrived_ns = at(0.15);
  const Snapshot snapshot = scene.tick(1, {known, early, call_on(client, 0.1, 0.2)});
  REQUIRE(snapshot.queries.size() == 1);
  REQUIRE(snapshot.queries[0].parts);
  CHECK(snapshot.queries[0].parts->server_seconds == Approx(0.3));
  CHECK(snapshot.queries[0].parts->pickup_seconds == Approx(0.1 + 0.45));
  CHECK(snapshot.queries[0].parts->stream_seconds == Approx(0.6));
}

TEST_CASE("what the server's thread did is summed", "[calls]") {
  const ConnectionReading client = database_client(1, 100);
  CallScene scene({client});
  CallReading joined = call_on(client, 0.1, 0.5);
  joined.call.request_end_ns = at(0.15);
  joined.server = {200, 200, at(0.2), at(0.3), at(0.4), 0, 0, 5 * kMs, 2 * kMs, 1 * kMs, 50 * kMs};
  CallReading other_thread = joined;
  other_thread.server.cpu_ns = other_thread.server.run_queue_ns = other_thread.server.disk_ns =
      kUnknownCount;
  const Snapshot snapshot =
      scene.tick(1, {joined, joined, other_thread, call_on(client, 0.6, 0.7)});
  REQUIRE(snapshot.queries[0].server);
  const ServerView& server = *snapshot.queries[0].server;
  CHECK(server.calls == 2);
  CHECK(server.seconds == Approx(0.5));
  CHECK(server.cpu_seconds == Approx(0.010));
  CHECK(server.run_queue_seconds == Approx(0.004));
  CHECK(server.disk_seconds == Approx(0.002));
  CHECK(server.unread_seconds == Approx(0.1));
  REQUIRE(snapshot.databases[0].server);
  CHECK(snapshot.databases[0].server->name == "p200");
  const ProcessRow* answering = process_row(snapshot, 200);
  REQUIRE(answering);
  REQUIRE(answering->requests);
  CHECK(answering->requests->count == 4);  // the last one is without a half
  CHECK(answering->requests->latency->p50_seconds == Approx(0.2).epsilon(0.016));
}

TEST_CASE("calls that only wait are no latency", "[calls]") {
  const auto client = database_client(1, 100, "10.0.0.9:6379", Protocol::kRedis);
  CallScene scene({client}, {{5, Protocol::kRedis, "BLPOP", "BLPOP jobs ?", false}});
  CallReading waiting = call_on(client, 0.1, 0.9, 5);
  waiting.call.flags = kCallWaits;
  CallReading given_up = waiting;
  given_up.call.outcome = Outcome::kAborted;
  const Snapshot snapshot = scene.tick(1, {waiting, given_up, call_on(client, 0.2, 0.3, 6)});
  REQUIRE(snapshot.queries.size() == 2);
  CHECK(snapshot.queries[0].waits);
  CHECK(snapshot.queries[0].calls == 2);
  CHECK(snapshot.queries[0].errors == 0);
  CHECK_FALSE(snapshot.queries[0].latency);
  CHECK_FALSE(snapshot.queries[1].waits);
  CHECK(snapshot.databases[0].latency->count == 1);
}

TEST_CASE("of very many queries the busiest have rows, the others share one", "[calls]") {
  const ConnectionReading client = database_client(1, 100);
  CallScene scene({client});
  std::vector<CallReading> calls;
  for (QueryId id = 1; id <= 700; id++)
    calls.push_back(call_on(client, 0, 0.001 * static_cast<double>(id), id));
  const Snapshot snapshot = scene.tick(1, calls);
  REQUIRE(snapshot.queries.size() == 501);
  CHECK(snapshot.queries[0].id == 700);
  CHECK(snapshot.queries[499].id == 201);
  const QueryRow& other = snapshot.queries[500];
  CHECK(other.text == "(other)");
  CHECK(other.calls == 200);
  CHECK(other.seconds == Approx(0.001 * 200 * 201 / 2));
  CHECK(other.address == "10.0.0.9:5432");
  CHECK(other.latency->count == 200);
}

TEST_CASE("callers are told by the name of their thread where it tells more", "[calls]") {
  const ConnectionReading client = database_client(1, 100);
  CallScene scene({client});
  Sample sample = call_sample_at(1);
  for (const std::uint32_t tid : {100u, 101u, 102u}) {
    const std::string name = tid == 100 ? "p100" : "pool-worker";
    sample.threads.push_back(thread_in(sample, 100, tid, 0, 7, name));
    sample.threads.back().process_start_time_ns = 7;
    sample.threads.back().thread_count = 3;
  }
  sample.calls = {call_on(client, 0.1, 0.2, 1, 100), call_on(client, 0.1, 0.4, 1, 101),
                  call_on(client, 0.1, 0.4, 1, 102)};
  const auto snapshot = scene.model.advance(sample);
  const auto& callers = snapshot->queries.at(0).callers;
  REQUIRE(callers.size() == 2);
  CHECK(callers[0].task == "pool-worker");
  CHECK(callers[0].calls == 2);
  CHECK_FALSE(callers[1].task);
}

TEST_CASE("callers are at most twenty, the busiest", "[calls]") {
  std::vector<ConnectionReading> clients;
  for (std::uint32_t i = 0; i < 30; i++) clients.push_back(database_client(i + 1, 1000 + i));
  CallScene scene(clients);
  std::vector<CallReading> calls;
  for (std::uint32_t i = 0; i < 30; i++) calls.push_back(call_on(clients[i], 0, 0.01 * (i + 1)));
  const Snapshot snapshot = scene.tick(1, calls);
  REQUIRE(snapshot.queries.at(0).callers.size() == 20);
  CHECK(snapshot.queries[0].callers[0].process.id.pid == 1029);
  CHECK(snapshot.queries[0].calls == 30);
}

TEST_CASE("error codes of a query are bounded", "[calls]") {
  const ConnectionReading client = database_client(1, 100);
  CallScene scene({client});
  std::vector<CallReading> calls;
  for (int i = 0; i < 100; i++)
    calls.push_back(erring(call_on(client, 0.1, 0.2), "E" + std::to_string(i)));
  const Snapshot snapshot = scene.tick(1, calls);
  CHECK(snapshot.queries.at(0).errors == 100);
  CHECK(snapshot.queries[0].errors_by_code.size() == 33);
  CHECK(snapshot.queries[0].errors_by_code.at("other") == 68);
}

TEST_CASE("the order of calls and connections does not show", "[calls]") {
  std::vector<ConnectionReading> clients;
  for (std::uint32_t i = 0; i < 40; i++)
    clients.push_back(
        database_client(i + 1, 100 + i % 7, "10.0.0.9:" + std::to_string(5000 + i % 5)));
  std::vector<CallReading> calls;
  for (std::uint32_t i = 0; i < 400; i++)
    calls.push_back(call_on(clients[i % 40], 0.1, 0.2, 1 + i % 11));
  CallScene forwards(clients), backwards({clients.rbegin(), clients.rend()});
  const Snapshot one = forwards.tick(1, calls);
  const Snapshot other = backwards.tick(1, {calls.rbegin(), calls.rend()});
  REQUIRE(one.queries.size() == other.queries.size());
  for (std::size_t i = 0; i < one.queries.size(); i++) {
    const QueryRow &a = one.queries[i], &b = other.queries[i];
    CHECK(std::tie(a.id, a.address, a.calls, a.seconds) ==
          std::tie(b.id, b.address, b.calls, b.seconds));
    REQUIRE(a.callers.size() == b.callers.size());
    for (std::size_t j = 0; j < a.callers.size(); j++)
      CHECK(a.callers[j].process.id == b.callers[j].process.id);
  }
  REQUIRE(one.databases.size() == 5);
  for (std::size_t i = 0; i < 5; i++) {
    CHECK(one.databases[i].address == other.databases[i].address);
    REQUIRE(one.databases[i].pools.size() == other.databases[i].pools.size());
    for (std::size_t j = 0; j < one.databases[i].pools.size(); j++)
      CHECK(one.databases[i].pools[j].process.id == other.databases[i].pools[j].process.id);
  }
}

TEST_CASE("without coverage of calls nothing is told of them", "[calls]") {
  const ConnectionReading client = database_client(1, 100);
  CallScene scene({client});
  const Snapshot covered = scene.tick(1, {call_on(client, 0.1, 0.2)});
  REQUIRE(process_row(covered, 100)->calls);
  CHECK(process_row(covered, 100)->calls->count == 1);
  CHECK(process_row(covered, 100)->calls->seconds == Approx(0.1));
  CHECK_FALSE(process_row(covered, 100)->requests);
  CHECK(process_row(covered, 200)->calls->count == 0);

  Sample sample = sample_at(2);
  sample.connections = {client};
  sample.calls = {call_on(client, 1.1, 1.2)};
  const auto snapshot = scene.model.advance(sample);
  CHECK(snapshot->databases.empty());
  CHECK(snapshot->queries.empty());
  CHECK(snapshot->services.empty());
  CHECK_FALSE(process_row(*snapshot, 100)->calls);
}

TEST_CASE("calls with the same arguments and an unchanged reply are told", "[calls]") {
  const auto client = database_client(1, 100);
  CallScene scene({client});
  const auto ask = [&](double start, std::uint32_t arguments, std::uint64_t reply) {
    CallReading made = call_on(client, start, start + 0.01);
    made.call.arguments = arguments;
    made.call.reply_bytes = reply;
    return made;
  };
  std::vector<CallReading> calls;
  for (int i = 0; i < 10; i++) {
    calls.push_back(ask(0.1 + i * 0.05, 7, 100));
    calls.push_back(ask(0.12 + i * 0.05, 8, static_cast<std::uint64_t>(100 + i)));  // grows
    calls.push_back(ask(0.14 + i * 0.05, static_cast<std::uint32_t>(100 + i), 100));
  }
  const Snapshot snapshot = scene.tick(1, calls);
  REQUIRE(snapshot.queries.size() == 1);
  CHECK(snapshot.queries[0].repeated_calls == 9u);
  CHECK(snapshot.queries[0].repeated_seconds == Approx(0.09));
  const Snapshot unknown = scene.tick(2, {ask(1.1, 0, 1), ask(1.2, 0, 1)});
  CHECK_FALSE(unknown.queries[0].repeated_calls);
}
