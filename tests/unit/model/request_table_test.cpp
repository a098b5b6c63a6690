// SPDX-License-Identifier: Apache-2.0
#include "model/request_table.h"

#include <map>

#include "catch.h"

using namespace culprit;

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint32_t kPid = 100;
constexpr QueryId kUsers = 11, kOrders = 12;

struct Found {
  std::map<QueryId, double> calls, sure;
  std::vector<QueryId> endpoint_of;
};

Found settle(RequestTable& table) {
  SettledCalls settled = table.settle();
  Found found;
  for (const EndpointCalls& endpoint : settled.endpoints) {
    CHECK(endpoint.pid == kPid);
    found.calls[endpoint.endpoint] += endpoint.calls;
    found.sure[endpoint.endpoint] += endpoint.sure_calls;
  }
  found.endpoint_of = std::move(settled.endpoint_of);
  return found;
}

Call call(std::uint32_t tid, std::uint64_t start, std::uint32_t work = 0) {
  Call call;
  call.tid = tid;
  call.start_ns = start;
  call.work = work;
  return call;
}

ServedRequest of_work(std::uint32_t work, ServedRequest request) {
  request.work = work;
  return request;
}

ServedRequest request(std::uint64_t start, std::uint64_t end, std::uint32_t tid, QueryId endpoint) {
  ServedRequest request;
  request.start_ns = start;
  request.end_ns = end;
  request.tid = tid;
  request.endpoint = endpoint;
  return request;
}

}  // namespace

TEST_CASE("a call belongs to the request that was open on its thread", "[requests]") {
  RequestTable table;
  table.begin_tick(0, kSecond, 4);
  table.add_request(kPid, request(100, 200, 1, kUsers));
  table.add_request(kPid, request(100, 200, 2, kOrders));
  table.add_call(kPid, call(1, 100), 0);
  table.add_call(kPid, call(1, 200), 1);
  table.add_call(kPid, call(2, 150), 2);
  table.add_call(kPid, call(2, 201), 3);
  const Found found = settle(table);
  CHECK(found.calls == std::map<QueryId, double>{{kUsers, 2}, {kOrders, 1}});
  CHECK(found.sure == found.calls);
  CHECK(found.endpoint_of == std::vector<QueryId>{kUsers, kUsers, kOrders, 0});
}

TEST_CASE("a call whose work is known belongs to the request of that work", "[requests]") {
  RequestTable table;
  table.begin_tick(0, kSecond, 5);
  // All on one thread, as in an event loop.
  table.add_request(kPid, of_work(7, request(100, 400, 1, kUsers)));
  table.add_request(kPid, of_work(8, request(150, 350, 1, kOrders)));
  table.add_request(kPid, of_work(7, request(500, 600, 1, kOrders)));
  table.add_call(kPid, call(1, 200, 7), 0);
  table.add_call(kPid, call(1, 210, 8), 1);
  table.add_call(kPid, call(9, 300, 8), 2);  // from a thread of an executor
  table.add_call(kPid, call(1, 550, 7), 3);  // the same task answers the next request
  table.add_call(kPid, call(1, 220, 9), 4);  // a background task
  const Found found = settle(table);
  CHECK(found.calls == std::map<QueryId, double>{{kUsers, 1}, {kOrders, 3}});
  CHECK(found.sure == found.calls);
  CHECK(found.endpoint_of == std::vector<QueryId>{kUsers, kOrders, kOrders, kOrders, 0});
}

TEST_CASE("a call of known work may be that of a request whose work is not", "[requests]") {
  RequestTable table;
  table.begin_tick(0, kSecond, 2);
  table.add_request(kPid, of_work(7, request(100, 400, 1, kUsers)));
  table.add_request(kPid, request(100, 400, 1, kOrders));
  table.add_call(kPid, call(1, 200, 9), 0);
  table.add_call(kPid, call(1, 300), 1);
  Found found = settle(table);
  CHECK(found.calls[kUsers] == Approx(0.5));
  CHECK(found.calls[kOrders] == Approx(1.5));
  CHECK(found.sure[kOrders] == Approx(1));
  CHECK(found.endpoint_of == std::vector<QueryId>{kOrders, 0});
}

TEST_CASE("a call of known work waits for its request", "[requests]") {
  RequestTable table;
  table.begin_tick(0, kSecond, 1);
  table.add_request(kPid, of_work(8, request(100, 200, 1, kOrders)));
  table.note_open_request(kPid, 100);
  table.add_call(kPid, call(1, 150, 7), 0);
  CHECK(settle(table).calls.empty());
  table.begin_tick(kSecond, 2 * kSecond, 0);
  table.add_request(kPid, of_work(7, request(100, kSecond + 1, 1, kUsers)));
  CHECK(settle(table).calls == std::map<QueryId, double>{{kUsers, 1}});
}

TEST_CASE("requests open on the same thread share a call", "[requests]") {
  RequestTable table;
  table.begin_tick(0, kSecond, 2);
  table.add_request(kPid, request(100, 300, 1, kUsers));
  table.add_request(kPid, request(200, 400, 1, kOrders));
  table.add_call(kPid, call(1, 250), 0);
  table.add_call(kPid, call(1, 350), 1);
  Found found = settle(table);
  CHECK(found.calls[kUsers] == Approx(0.5));
  CHECK(found.calls[kOrders] == Approx(1.5));
  CHECK(found.sure[kUsers] == 0);
  CHECK(found.sure[kOrders] == Approx(1));
  CHECK(found.endpoint_of == std::vector<QueryId>{0, kOrders});
}

TEST_CASE("a call of a thread without requests belongs to those of the process", "[requests]") {
  RequestTable table;
  table.begin_tick(0, kSecond, 2);
  table.add_request(kPid, request(100, 300, 1, kUsers));
  table.add_request(kPid, request(200, 300, 2, kOrders));
  table.add_call(kPid, call(9, 150), 0);
  table.add_call(kPid, call(9, 250), 1);
  Found found = settle(table);
  CHECK(found.calls[kUsers] == Approx(1.5));
  CHECK(found.calls[kOrders] == Approx(0.5));
  CHECK(found.sure[kUsers] == Approx(1));
  CHECK(found.sure[kOrders] == 0);
  CHECK(found.endpoint_of == std::vector<QueryId>{kUsers, 0});
}

TEST_CASE("a request whose thread is not known takes part as one of the process", "[requests]") {
  RequestTable table;
  table.begin_tick(0, kSecond, 1);
  table.add_request(kPid, request(100, 300, 0, kUsers));
  table.add_call(kPid, call(0, 150), 0);
  Found found = settle(table);
  CHECK(found.calls[kUsers] == Approx(1));
}

TEST_CASE("calls wait for the end of the request that makes them", "[requests]") {
  RequestTable table;
  table.begin_tick(0, kSecond, 1);
  table.note_serving(kPid);
  table.note_open_request(kPid, 100);
  table.add_call(kPid, call(1, 150), 0);
  CHECK(settle(table).calls.empty());

  table.begin_tick(kSecond, 2 * kSecond, 1);
  table.note_open_request(kPid, 100);
  table.add_call(kPid, call(1, kSecond + 5), 0);
  CHECK(settle(table).calls.empty());

  table.begin_tick(2 * kSecond, 3 * kSecond, 0);
  table.add_request(kPid, request(100, 2 * kSecond + 1, 1, kUsers));
  CHECK(settle(table).calls[kUsers] == Approx(2));

  table.begin_tick(3 * kSecond, 4 * kSecond, 0);
  CHECK(settle(table).calls.empty());
}

TEST_CASE("a request of the same thread settles a call though others are open", "[requests]") {
  RequestTable table;
  table.begin_tick(0, kSecond, 2);
  table.note_open_request(kPid, 50);
  table.add_request(kPid, request(100, 200, 1, kUsers));
  table.add_call(kPid, call(1, 150), 0);
  table.add_call(kPid, call(2, 150), 1);
  Found found = settle(table);
  CHECK(found.calls[kUsers] == Approx(1));
  CHECK(found.endpoint_of == std::vector<QueryId>{kUsers, 0});

  table.begin_tick(kSecond, 2 * kSecond, 0);
  table.add_request(kPid, request(50, kSecond + 5, 2, kOrders));
  found = settle(table);
  CHECK(found.calls == std::map<QueryId, double>{{kOrders, 1}});
  CHECK(found.sure[kOrders] == Approx(1));
}

TEST_CASE("where requests overlap on a thread, one still open is waited for", "[requests]") {
  RequestTable table;
  table.begin_tick(0, kSecond, 1);
  table.add_request(kPid, request(10, 20, 1, kUsers));
  table.add_request(kPid, request(15, 25, 1, kUsers));
  table.add_request(kPid, request(100, 300, 1, kUsers));
  table.note_open_request(kPid, 50);
  table.add_call(kPid, call(1, 150), 0);
  CHECK(settle(table).calls.empty());
  table.begin_tick(kSecond, 2 * kSecond, 0);
  table.add_request(kPid, request(50, kSecond + 1, 1, kOrders));
  Found found = settle(table);
  CHECK(found.calls[kUsers] == Approx(0.5));
  CHECK(found.calls[kOrders] == Approx(0.5));

  SECTION("but not for longer than some seconds") {
    table.begin_tick(2 * kSecond, 3 * kSecond, 1);
    table.add_request(kPid, request(2 * kSecond, 2 * kSecond + 9, 1, kUsers));
    table.note_open_request(kPid, 2 * kSecond);
    table.add_call(kPid, call(1, 2 * kSecond + 1), 0);
    CHECK(settle(table).calls.empty());
    table.begin_tick(3 * kSecond, 8 * kSecond, 0);
    table.note_open_request(kPid, 2 * kSecond);
    CHECK(settle(table).calls[kUsers] == Approx(1));
  }
}

TEST_CASE("a call outside of all requests is forgotten, after one tick of grace", "[requests]") {
  RequestTable table;
  table.begin_tick(0, kSecond, 2);
  table.note_serving(kPid);
  table.add_call(kPid, call(1, 150), 0);
  table.add_call(kPid, call(1, 950), 1);
  CHECK(settle(table).calls.empty());
  table.begin_tick(kSecond, 2 * kSecond, 0);
  table.add_request(kPid, request(900, kSecond + 5, 1, kUsers));
  CHECK(settle(table).calls[kUsers] == Approx(1));
  table.begin_tick(2 * kSecond, 3 * kSecond, 0);
  table.add_request(kPid, request(100, 2 * kSecond + 5, 1, kUsers));
  CHECK(settle(table).calls.empty());
}

TEST_CASE("a call that ends after its request still finds it", "[requests]") {
  RequestTable table;
  table.begin_tick(0, kSecond, 0);
  table.add_request(kPid, request(100, 200, 1, kUsers));
  table.note_open_call(kPid, 150);
  CHECK(settle(table).calls.empty());
  for (std::uint64_t second = 1; second < 5; second++) {
    table.begin_tick(second * kSecond, (second + 1) * kSecond, 0);
    table.note_serving(kPid);
    table.note_open_call(kPid, 150);
    CHECK(settle(table).calls.empty());
  }
  table.begin_tick(5 * kSecond, 6 * kSecond, 1);
  table.add_call(kPid, call(1, 150), 0);
  CHECK(settle(table).calls[kUsers] == Approx(1));
}

TEST_CASE("who serves nothing keeps no calls, and what is old is dropped", "[requests]") {
  RequestTable table;
  table.begin_tick(0, kSecond, 1);
  table.add_call(kPid, call(1, 150), 0);
  CHECK(settle(table).endpoint_of == std::vector<QueryId>{0});
  table.begin_tick(kSecond, 2 * kSecond, 1);
  table.note_serving(kPid);
  table.note_open_request(kPid, 100);
  table.add_call(kPid, call(1, kSecond + 1), 0);
  CHECK(settle(table).calls.empty());
  table.begin_tick(2 * kSecond, 70 * kSecond, 0);
  table.note_open_request(kPid, 100);
  CHECK(settle(table).calls.empty());
  table.begin_tick(70 * kSecond, 71 * kSecond, 0);
  table.add_request(kPid, request(100, 70 * kSecond + 1, 1, kUsers));
  CHECK(settle(table).calls.empty());
}

TEST_CASE("of too many calls that wait the oldest go", "[requests]") {
  RequestTable table;
  const std::size_t calls = RequestTable::kMostPerProcess + 10;
  table.begin_tick(0, kSecond, calls);
  table.note_serving(kPid);
  table.note_open_request(kPid, 1);
  for (std::size_t i = 0; i < calls; i++) table.add_call(kPid, call(1, 100 + i), i);
  CHECK(settle(table).calls.empty());
  table.begin_tick(kSecond, 2 * kSecond, 0);
  table.add_request(kPid, request(1, kSecond + 1, 1, kUsers));
  CHECK(settle(table).calls[kUsers] == Approx(RequestTable::kMostPerProcess));
}
