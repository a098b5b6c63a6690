// SPDX-License-Identifier: Apache-2.0
#include "call_samples.h"
#include "catch.h"

using namespace culprit;
using namespace culprit::test;

namespace {

CallReading with_status(CallReading reading, std::uint16_t status) {
  reading.call.status = status;
  if (status >= 500) reading.call.outcome = Outcome::kError;
  return reading;
}

}  // namespace

TEST_CASE("requests that a process answers sum to endpoints", "[calls]") {
  const auto server = http_server(1, 100);
  CallScene scene({server}, {route_text(11), route_text(12, "/health")});
  CallReading large = with_status(call_on(server, 0.1, 0.3, 11), 200);
  large.call.reply_bytes = 3000;
  const Snapshot snapshot = scene.tick(1, {large, with_status(call_on(server, 0.4, 0.6, 11), 500),
                                           with_status(call_on(server, 0.7, 0.71, 12), 204)});
  REQUIRE(snapshot.endpoints.size() == 2);
  const EndpointRow& row = snapshot.endpoints[0];
  CHECK(row.process.name == "p100");
  CHECK(row.method == "GET");
  CHECK(row.route == "/users/{id}");
  CHECK(row.requests == 2);
  CHECK(row.errors == 1);
  CHECK(row.status == std::map<std::string, std::uint64_t>{{"2xx", 1}, {"5xx", 1}});
  CHECK(row.latency->p50_seconds == Approx(0.2).epsilon(0.016));
  CHECK(row.calls_per_request == 0.0);
  CHECK_FALSE(row.calls_confidence);
  CHECK(*row.bytes_per_response == Approx(1500));
  CHECK(snapshot.endpoints[1].route == "/health");
  REQUIRE(process_row(snapshot, 100)->requests);
  CHECK(process_row(snapshot, 100)->requests->count == 3);
  CHECK(process_row(snapshot, 100)->requests->errors == 1);
  CHECK(snapshot.services.empty());
  CHECK(snapshot.queries.empty());
}

TEST_CASE("a process that serves but was not asked has answered nothing", "[calls]") {
  CallScene scene({http_server(1, 100)});
  const Snapshot snapshot = scene.tick(1);
  REQUIRE(process_row(snapshot, 100)->requests);
  CHECK(process_row(snapshot, 100)->requests->count == 0);
  CHECK_FALSE(process_row(snapshot, 100)->requests->latency);
  CHECK_FALSE(process_row(snapshot, 200)->requests);
}

TEST_CASE("a request without its server's half is of the server that answers the others",
          "[calls]") {
  const auto client = database_client(1, 100, "127.0.0.1:80", Protocol::kHttp1);
  CallScene scene({client}, {route_text(11)});
  const CallReading bare = with_status(call_on(client, 0.1, 0.2, 11), 200);
  CallReading joined = with_status(call_on(client, 0.3, 0.4, 11), 200);
  joined.server.pid = 200;
  const Snapshot first = scene.tick(1, {bare, joined});
  REQUIRE(first.endpoints.size() == 1);
  CHECK(first.endpoints[0].process.name == "p200");
  CHECK(first.endpoints[0].requests == 2);
  const Snapshot later = scene.tick(2, {with_status(call_on(client, 1.1, 1.2, 11), 200)});
  REQUIRE(later.endpoints.size() == 1);
  CHECK(later.endpoints[0].requests == 1);
}

TEST_CASE("a call whose server is on this host is an endpoint's request as well", "[calls]") {
  const auto client = database_client(1, 100, "127.0.0.1:80", Protocol::kHttp1);
  CallScene scene({client}, {route_text(11)});
  CallReading joined = with_status(call_on(client, 0.1, 0.9, 11), 200);
  joined.server = {200, 200, at(0.2), at(0.3), at(0.4), 0, 0, 0};
  CallReading half = with_status(call_on(client, 0.1, 0.9, 11), 200);
  half.server.pid = 200;
  const Snapshot snapshot = scene.tick(1, {joined, joined, half});
  REQUIRE(snapshot.endpoints.size() == 1);
  CHECK(snapshot.endpoints[0].process.name == "p200");
  CHECK(snapshot.endpoints[0].requests == 3);
  CHECK(snapshot.endpoints[0].latency->p50_seconds == Approx(0.2).epsilon(0.016));
  CHECK(snapshot.endpoints[0].latency->max_seconds == Approx(0.8));
  REQUIRE(snapshot.services.size() == 1);
  CHECK(snapshot.services[0].protocol == "http");
  CHECK(snapshot.services[0].requests == 3);
  CHECK(process_row(snapshot, 100)->calls->count == 3);
  CHECK(process_row(snapshot, 200)->requests->count == 3);
  CHECK(snapshot.databases.empty());
}

TEST_CASE("of HTTP that both ends tell the endpoint is as its server saw it", "[calls]") {
  const auto client =
      connection(1, 100, Protocol::kHttp1, SocketRole::kClient, "127.0.0.1:40000", "127.0.0.1:80");
  const auto server =
      connection(2, 200, Protocol::kHttp1, SocketRole::kServer, "127.0.0.1:80", "127.0.0.1:40000");
  CallScene scene({client, server}, {route_text(11)});
  CallReading joined = call_on(client, 0.1, 0.9, 11);
  joined.server = {200, 200, at(0.2), at(0.3), at(0.4), 0, 0, 0};
  const Snapshot snapshot = scene.tick(1, {joined, call_on(server, 0.2, 0.3, 11)});
  REQUIRE(snapshot.endpoints.size() == 1);
  CHECK(snapshot.endpoints[0].requests == 1);
  CHECK(snapshot.endpoints[0].latency->max_seconds == Approx(0.1));
  CHECK(snapshot.services.at(0).requests == 1);
  CHECK(process_row(snapshot, 200)->requests->count == 1);
}

TEST_CASE("calls are counted per request, and callers told by endpoint", "[calls]") {
  const auto server = http_server(1, 100);
  const auto database = database_client(2, 100);
  CallScene scene({server, database}, {route_text(11), select_text()});
  std::vector<CallReading> calls = {call_on(server, 0.1, 0.5, 11), call_on(server, 0.6, 0.7, 11)};
  for (const double start : {0.15, 0.2, 0.3, 0.4, 0.65})
    calls.push_back(call_on(database, start, start + 0.01));
  calls.push_back(call_on(database, 0.8, 0.81));
  const Snapshot snapshot = scene.tick(1, calls);
  REQUIRE(snapshot.endpoints.size() == 1);
  CHECK(*snapshot.endpoints[0].calls_per_request == Approx(2.5));
  CHECK(*snapshot.endpoints[0].calls_confidence == Approx(1));
  const auto& callers = snapshot.queries.at(0).callers;
  REQUIRE(callers.size() == 2);
  CHECK(callers[0].endpoint == "GET /users/{id}");
  CHECK(callers[0].calls == 5);
  CHECK_FALSE(callers[1].endpoint);
  CHECK(callers[1].calls == 1);
}

TEST_CASE("calls of requests that end later are counted with them", "[calls]") {
  const auto server = http_server(1, 100);
  const auto database = database_client(2, 100);
  CallScene scene({server, database}, {route_text(11), select_text()});
  auto busy = server;
  busy.busy_since_ns = at(0.5);
  const Snapshot before = scene.tick(1, {call_on(database, 0.6, 0.7)}, {busy});
  CHECK(before.endpoints.empty());
  CHECK_FALSE(before.queries.at(0).callers.at(0).endpoint);
  const Snapshot after =
      scene.tick(2, {call_on(database, 1.1, 1.2), call_on(server, 0.5, 1.5, 11)}, {server});
  REQUIRE(after.endpoints.size() == 1);
  CHECK(*after.endpoints[0].calls_per_request == Approx(2));
  CHECK(after.queries.at(0).callers.at(0).endpoint == "GET /users/{id}");
}

TEST_CASE("requests that share a thread share its calls with less confidence", "[calls]") {
  const auto one = http_server(1, 100), other = http_server(2, 100);
  const auto database = database_client(3, 100);
  CallScene scene({one, other, database}, {route_text(11), route_text(12, "/b"), select_text()});
  const Snapshot snapshot =
      scene.tick(1, {call_on(one, 0.1, 0.5, 11), call_on(other, 0.3, 0.6, 12),
                     call_on(database, 0.2, 0.21), call_on(database, 0.4, 0.41)});
  REQUIRE(snapshot.endpoints.size() == 2);
  CHECK(snapshot.endpoints[0].route == "/users/{id}");
  CHECK(*snapshot.endpoints[0].calls_per_request == Approx(1.5));
  CHECK(*snapshot.endpoints[0].calls_confidence == Approx(1 / 1.5));
  CHECK(*snapshot.endpoints[1].calls_per_request == Approx(0.5));
  CHECK(*snapshot.endpoints[1].calls_confidence == Approx(0));
}

TEST_CASE("a forked worker's calls belong to its own requests", "[calls]") {
  const auto one = http_server(1, 100), other = http_server(2, 200);
  const auto database = database_client(3, 200);
  CallScene scene({one, other, database}, {route_text(11), select_text()});
  const Snapshot snapshot = scene.tick(
      1, {call_on(one, 0.1, 0.9, 11), call_on(other, 0.1, 0.8, 11), call_on(database, 0.2, 0.21)});
  REQUIRE(snapshot.endpoints.size() == 2);
  CHECK(snapshot.endpoints[0].process.id.pid == 100);
  CHECK(*snapshot.endpoints[0].calls_per_request == Approx(0));
  CHECK(*snapshot.endpoints[1].calls_per_request == Approx(1));
}

TEST_CASE("a request without a known route is answered all the same", "[calls]") {
  const auto server = http_server(1, 100);
  CallScene scene({server});
  const Snapshot snapshot = scene.tick(1, {call_on(server, 0.1, 0.3, 0)});
  CHECK(snapshot.endpoints.empty());
  CHECK(process_row(snapshot, 100)->requests->count == 1);
}
