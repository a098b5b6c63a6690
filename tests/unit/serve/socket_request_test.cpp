// SPDX-License-Identifier: Apache-2.0
#include "serve/socket_request.h"

#include "catch.h"
#include "serve/json_offer.h"
#include "serve/line_buffer.h"

using namespace culprit;
using Kind = SocketRequest::Kind;

namespace {

SocketRequest request(Kind kind, std::string id = "") {
  return {kind, std::move(id)};
}

}  // namespace

TEST_CASE("Requests of the daemon's clients", "[socket]") {
  CHECK(parse_socket_request(R"({"get":"snapshot"})") == request(Kind::kGetSnapshot));
  CHECK(parse_socket_request(R"( {"get": "status"} )") == request(Kind::kGetStatus));
  CHECK(parse_socket_request(R"({"subscribe":"snapshots"})") == request(Kind::kSubscribeSnapshots));
  CHECK(parse_socket_request(R"({"subscribe":"samples"})") == request(Kind::kSubscribeSamples));
  CHECK(parse_socket_request(R"({"get":"actions"})") == request(Kind::kGetActions));
  CHECK(parse_socket_request(R"({"apply":"p1"})") == request(Kind::kApply, "p1"));
  CHECK(parse_socket_request(R"({"revert":"a7"})") == request(Kind::kRevert, "a7"));
  CHECK(request(Kind::kRevert).changes());
  CHECK_FALSE(request(Kind::kGetActions).changes());
  CHECK_FALSE(request(Kind::kGetSnapshot).changes());
  CHECK(parse_socket_request(R"({"get":"schedule"})") == request(Kind::kGetSchedule));
  CHECK_FALSE(request(Kind::kGetSchedule).changes());
  CHECK(parse_socket_request(R"({"schedule":{"remove":"s1"}})") ==
        request(Kind::kSchedule, R"({"remove":"s1"})"));
  ThrottleWish wish;
  wish.process = {12, 34};
  wish.step = 2;
  wish.duration = std::chrono::seconds(60);
  wish.force = true;
  wish.knob = "io max";
  const auto asked = parse_socket_request(wish_request(wish, false));
  REQUIRE(asked);
  CHECK(asked->kind == Kind::kThrottle);
  CHECK(asked->wish == wish);
  CHECK(asked->changes());
  wish = ThrottleWish();
  wish.task = "0123456789abcdef";
  CHECK(parse_socket_request(wish_request(wish, true))->wish == wish);
}

TEST_CASE("What is no request is told by pointer and what was expected", "[socket]") {
  struct Case {
    std::string line;
    const char* message;
  };
  const Case cases[] = {
      {"", "request: /: "},
      {"hello", "request: /: "},
      {std::string("\0\xff\x80", 3), "request: /: "},
      {"{}",
       "request: /: one key was expected: get, subscribe, apply, revert, offer, "
       "throttle or schedule"},
      {"[]", "request: /: an object was expected, not an array"},
      {"null", "request: /: an object was expected, not null"},
      {R"({"get":"snapshot"} x)", "request: /: "},
      {R"({"get":"moon"})",
       "request: /get: one of snapshot, status, actions, schedule was expected"},
      {R"({"get":["snapshot"]})",
       "request: /get: one of snapshot, status, actions, schedule was expected"},
      {R"({"subscribe":1})", "request: /subscribe: one of snapshots, samples was expected"},
      {R"({"get":"status","subscribe":"samples"})", "request: /: one key was expected"},
      {R"({"get":"status","get":"status"})", "request: /: has the key 'get' twice"},
      {R"({"apply":7})", "request: /apply: a text that is not empty was expected"},
      {R"({"revert":""})", "request: /revert: a text that is not empty was expected"},
      {R"({"revert":")" + std::string(65, 'x') + "\"}", "request: /revert: the id of an action"},
      {R"({"put":"status"})",
       "request: /put: unknown key; known are get, subscribe, apply, revert"},
      {R"({"offer":{"pid":1}})", "request: /offer: start_time_ns was expected"},
      {R"({"offer":{"pid":0,"start_time_ns":1}})", "request: /offer/pid: a pid was expected"},
      {R"({"offer":{"pid":-1,"start_time_ns":1}})", "request: /offer/pid: a whole number"},
      {R"({"offer":{"pid":1,"start_time_ns":1,"task":"a"}})", "request: /offer: pid and"},
      {R"({"throttle":{"task":"a","for":3600}})", "request: /throttle/for: a number from 1 to"},
      {R"({"throttle":{"task":"a","step":-1}})", "request: /throttle/step: a step"},
      {R"({"throttle":{"task":"a","force":1}})", "request: /throttle/force: true or false"},
      {R"({"throttle":{"task":"a","cpu":"20%"}})", "request: /throttle/cpu: unknown key"},
      {R"({"schedule":"s1"})", "request: /schedule: an object was expected"},
      {std::string(4000, '['), "request: /: "},
  };
  for (const Case& one : cases) {
    INFO(one.line);
    const auto parsed = parse_socket_request(one.line);
    REQUIRE_FALSE(parsed);
    INFO(parsed.error().message);
    CHECK(parsed.error().message.starts_with(one.message));
    CHECK(parsed.error().message.find('\n') == std::string::npos);
  }
}

TEST_CASE("Lines are cut wherever the pieces end", "[socket]") {
  LineBuffer buffer;
  buffer.add("{\"a\":");
  CHECK_FALSE(buffer.next());
  buffer.add("1}\r\n\nrest");
  CHECK(buffer.next() == "{\"a\":1}");
  CHECK(buffer.next() == "");
  CHECK_FALSE(buffer.next());
  CHECK_FALSE(buffer.too_long());
}

TEST_CASE("A line that is too long is told so, and one of just that length is a line", "[socket]") {
  LineBuffer buffer;
  buffer.add(std::string(LineBuffer::kMostBytes, 'x'));
  CHECK_FALSE(buffer.too_long());
  buffer.add("\n");
  CHECK(buffer.next() == std::string(LineBuffer::kMostBytes, 'x'));
  buffer.add(std::string(LineBuffer::kMostBytes + 1, 'x'));
  CHECK(buffer.too_long());
  buffer.add("\n");
  CHECK(buffer.too_long());
  CHECK_FALSE(buffer.next());
}
