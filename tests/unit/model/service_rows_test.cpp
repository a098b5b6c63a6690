// SPDX-License-Identifier: Apache-2.0
#include "call_samples.h"
#include "catch.h"

using namespace culprit;
using namespace culprit::test;

namespace {

ConnectionReading refused(std::uint64_t id, double seconds) {
  auto reading = database_client(id, 100, "10.0.0.8:9000", Protocol::kUnknown);
  reading.opened_ns = reading.ended_ns = at(seconds);
  reading.end = SocketEnd::kConnectFailed;
  reading.connect_error = 111;
  return reading;
}

ConnectionReading opened(std::uint64_t id, double seconds) {
  auto reading = database_client(id, 100, "10.0.0.8:9000", Protocol::kUnknown);
  reading.opened_ns = at(seconds);
  reading.connect_ns = 20 * kMs;
  return reading;
}

}  // namespace

TEST_CASE("addresses that processes connect to are services", "[calls]") {
  const auto socket = connection(1, 100, Protocol::kPostgresql, SocketRole::kClient, "",
                                 "/run/postgresql/.s.PGSQL.5432");
  CallScene scene({socket, http_server(2, 200), database_client(3, 100), database_client(4, 200)});
  CallReading timed = call_on(opened(5, 0.5), 0.6, 0.7, 0);
  timed.call.flags = kCallTimingOnly;
  const Snapshot snapshot = scene.tick(1, {timed}, {opened(5, 0.5)});
  REQUIRE(snapshot.services.size() == 2);
  const ServiceRow& unknown = snapshot.services[0];
  CHECK(unknown.address == "10.0.0.8:9000");
  CHECK(unknown.protocol == "tcp");
  CHECK(unknown.connects == 1);
  CHECK(unknown.requests == 1);
  CHECK(unknown.latency->max_seconds == Approx(0.1));
  CHECK(unknown.connect_latency->max_seconds == Approx(0.02));
  CHECK(unknown.healthy);
  const ServiceRow& database = snapshot.services[1];
  CHECK(database.protocol == "postgresql");
  CHECK(database.connects == 0);
  CHECK_FALSE(database.connect_latency);
  CHECK_FALSE(database.latency);
  REQUIRE(database.users.size() == 2);
  CHECK(database.users[0].name == "p100");
  CHECK(database.users[1].name == "p200");
}

TEST_CASE("a service that refuses all connections is not healthy until it answers", "[calls]") {
  CallScene scene({});
  const Snapshot failing = scene.tick(1, {}, {refused(1, 0.5), refused(2, 0.6)});
  REQUIRE(failing.services.size() == 1);
  CHECK(failing.services[0].connects == 0);
  CHECK(failing.services[0].connect_failures == 2);
  CHECK_FALSE(failing.services[0].connect_latency);
  CHECK_FALSE(failing.services[0].healthy);
  const Snapshot quiet = scene.tick(2);
  REQUIRE(quiet.services.size() == 1);
  CHECK(quiet.services[0].connect_failures == 0);
  CHECK_FALSE(quiet.services[0].healthy);
  const Snapshot mixed = scene.tick(3, {}, {refused(3, 2.5), opened(4, 2.6)});
  CHECK(mixed.services.at(0).connects == 1);
  CHECK(mixed.services[0].connect_failures == 1);
  CHECK(mixed.services[0].healthy);
}

TEST_CASE("a tenth of many requests failing is not healthy", "[calls]") {
  const auto client = database_client(1, 100);
  CallScene scene({client});
  std::vector<CallReading> calls(18, call_on(client, 0.1, 0.2));
  calls.push_back(erring(calls[0], "53300"));
  CHECK(scene.tick(1, calls).services.at(0).healthy);
  calls.push_back(erring(calls[0], "53300"));
  const Snapshot failing = scene.tick(2, calls);
  CHECK(failing.services.at(0).errors == 2);
  CHECK_FALSE(failing.services[0].healthy);
}

TEST_CASE("a service from which nothing comes is silent", "[calls]") {
  const auto client = database_client(1, 100), other = database_client(2, 100);
  CallScene scene({client, other});
  auto waiting = client, too = other;
  waiting.busy_since_ns = too.busy_since_ns = at(1);
  CHECK_FALSE(scene.tick(5, {}, {waiting, too}).services.at(0).silent_seconds);
  const Snapshot silent = scene.tick(10);
  CHECK(*silent.services.at(0).silent_seconds == Approx(9));
  CHECK(silent.services[0].healthy);
  const Snapshot longer = scene.tick(40);
  CHECK(*longer.services.at(0).silent_seconds == Approx(39));
  CHECK_FALSE(longer.services[0].healthy);
  // It answers others.
  const Snapshot answering = scene.tick(41, {call_on(other, 40.1, 40.5)});
  CHECK_FALSE(answering.services.at(0).silent_seconds);
  CHECK(answering.services[0].healthy);
}

TEST_CASE("several who wait for one that always was quick need not wait for long", "[calls]") {
  const auto client = database_client(1, 100), other = database_client(2, 100);
  CallScene scene({client, other});
  auto waiting = client, too = other;
  waiting.busy_since_ns = too.busy_since_ns = at(1);
  scene.tick(1, {call_on(client, 0.1, 0.2)}, {waiting, too});
  CHECK(scene.tick(10).services.at(0).healthy);
  CHECK_FALSE(scene.tick(12).services.at(0).healthy);
}

TEST_CASE("one long statement does not make its database silent", "[calls]") {
  const auto client = database_client(1, 100);
  CallScene scene({client});
  auto waiting = client;
  waiting.busy_since_ns = at(1);
  scene.tick(1, {call_on(client, 0.1, 0.2)}, {waiting});
  CHECK(scene.tick(100).services.at(0).healthy);
}

TEST_CASE("a statement that is wrong is its caller's fault, not its server's", "[calls]") {
  const auto client = database_client(1, 100);
  CallScene scene({client});
  const std::vector<CallReading> calls(30, erring(call_on(client, 0.1, 0.2), "23505"));
  const Snapshot snapshot = scene.tick(1, calls);
  CHECK(snapshot.services.at(0).errors == 0);
  CHECK(snapshot.services[0].healthy);
  CHECK(snapshot.databases.at(0).errors == 30);
}

TEST_CASE("an address in vain is no failure where the next one of that name answers", "[calls]") {
  CallScene scene({});
  const auto to = [](ConnectionReading reading, const std::string& address) {
    reading.remote = address;
    return reading;
  };
  const Snapshot snapshot =
      scene.tick(1, {},
                 {to(refused(1, 0.1), "[::1]:80"), to(opened(2, 0.2), "127.0.0.1:80"),
                  to(refused(3, 0.3), "[::1]:80"), to(opened(4, 0.4), "127.0.0.1:80"),
                  to(refused(5, 0.1), "[::1]:81"), to(refused(6, 0.2), "[::1]:81")});
  REQUIRE(snapshot.services.size() == 3);
  for (const ServiceRow& row : snapshot.services) CHECK(row.healthy == (row.address != "[::1]:81"));
}

TEST_CASE("who waits on purpose, or only sends, does not make a service silent", "[calls]") {
  auto popping = database_client(1, 100, "10.0.0.9:6379", Protocol::kRedis);
  auto sending = database_client(2, 100, "10.0.0.9:5170", Protocol::kUnknown);
  CallScene scene({popping, sending});
  CallReading pop = call_on(popping, 0.1, 0.5);
  pop.call.flags = kCallWaits;
  popping.busy_since_ns = at(0.5);
  sending.busy_since_ns = at(0.5);
  scene.tick(1, {pop}, {popping, sending});
  const Snapshot snapshot = scene.tick(60);
  REQUIRE(snapshot.services.size() == 2);
  for (const ServiceRow& row : snapshot.services) {
    CHECK_FALSE(row.silent_seconds);
    CHECK(row.healthy);
  }
}

TEST_CASE("an address is kept for five minutes after its last use", "[calls]") {
  CallScene scene({database_client(1, 100)});
  auto gone = database_client(1, 100);
  gone.end = SocketEnd::kClosed;
  scene.tick(1, {}, {gone});
  const Snapshot kept = scene.tick(300);
  REQUIRE(kept.services.size() == 1);
  CHECK(kept.services[0].users.at(0).name == "p100");
  CHECK(scene.tick(302).services.empty());
}

TEST_CASE("services are bounded; those used last stay", "[calls]") {
  CallScene scene({});
  std::vector<ConnectionReading> clients;
  for (std::uint64_t i = 1; i <= 2500; i++)
    clients.push_back(database_client(i, 100, "10.1.0.1:" + std::to_string(i)));
  CHECK(scene.tick(1, {}, clients).services.size() == 2000);
}

TEST_CASE("failed requests that are sent again soon are retries", "[calls]") {
  const auto client = database_client(1, 100, "10.0.0.8:80", Protocol::kHttp1);
  CallScene scene({client});
  const auto request = [&](double start, std::uint32_t arguments, bool fails) {
    CallReading made = call_on(client, start, start + 0.01, 5);
    made.call.arguments = arguments;
    if (fails) made.call.outcome = Outcome::kError;
    return made;
  };
  std::vector<CallReading> calls;
  for (int attempt = 0; attempt < 4; attempt++) {
    calls.push_back(request(0.1 + attempt * 0.1, 11, true));
    calls.push_back(request(0.12 + attempt * 0.1, 22, attempt < 3));  // and then it succeeds
    calls.push_back(request(0.14 + attempt * 0.1, 33, false));        // asked often, fails never
  }
  calls.push_back(request(0.6, 44, true));
  calls.push_back(request(0.7, 44, true));  // twice only
  calls.push_back(request(0.8, 0, true));   // its arguments are not known
  const Snapshot snapshot = scene.tick(1, calls);
  REQUIRE(snapshot.services.size() == 1);
  CHECK(snapshot.services[0].retried_requests == 2);
  CHECK(snapshot.services[0].retry_attempts == 8);
  REQUIRE(snapshot.services[0].retriers.size() == 1);
  CHECK(snapshot.services[0].retriers[0].name == "p100");

  // One that is made each few seconds is a poll; and what was is forgotten.
  for (double second = 5; second < 20; second += 3) {
    const Snapshot later = scene.tick(second + 1, {request(second, 55, true)});
    CHECK(later.services[0].retried_requests == (second < 9 ? 2u : 0u));
  }
}
