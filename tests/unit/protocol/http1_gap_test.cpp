// SPDX-License-Identifier: Apache-2.0
// What is not captured, and connections that are older than the profiler.
#include "catch.h"
#include "http1_wire.h"

using namespace culprit;

TEST_CASE("a chunked body with missing bytes ends with its last chunk") {
  Http1Wire wire;
  wire.request(kGet);
  wire.reply(kChunkedHead + "1000\r\nabc");
  wire.reply("more\r\n20\r\nsome", 30000);
  CHECK(wire.done.empty());
  const std::uint64_t end = wire.reply("tail\r\n0\r\n\r\n", 5000);
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].end_ns == end);
  CHECK(wire.done[0].flags == kCallResynced);
  CHECK(wire.done[0].status == 200);
  CHECK(wire.done[0].reply_bytes == kChunkedHead.size() + 9 + 30000 + 14 + 5000 + 11);
  wire.request(kGet);
  wire.reply(kOk);
  REQUIRE(wire.done.size() == 2);
  CHECK(wire.done[1].flags == 0);
  CHECK(wire.decoder().contradictions() == 0);
}

TEST_CASE("missing bytes within a chunk are skipped exactly") {
  Http1Wire wire;
  wire.request(kGet);
  wire.reply(kChunkedHead + "3E8\r\nabc");
  wire.reply("yz\r\n5\r\nhello\r\n0\r\n\r\n", 995);
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].flags == 0);
  wire.request(kGet);
  wire.reply(kChunkedHead + "3E8\r\n");
  wire.reply("0\r\n\r\n", 1002);
  REQUIRE(wire.done.size() == 2);
  CHECK(wire.done[1].flags == 0);
}

TEST_CASE("a chunked body whose end is missing ends when the next request comes") {
  Http1Wire wire;
  wire.request(kGet);
  wire.reply(kChunkedHead + "1000\r\nabc");
  const std::uint64_t last = wire.reply({}, 70000);
  CHECK(wire.decoder().pending() == 1);
  wire.request(kGet);
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].end_ns == last);
  CHECK(wire.done[0].flags == kCallResynced);
  CHECK(wire.decoder().pending() == 1);
  wire.reply(kOk);
  REQUIRE(wire.done.size() == 2);
  CHECK(wire.done[1].flags == 0);
}

TEST_CASE("the next response ends a lost one of a pipeline") {
  Http1Wire wire;
  wire.request(kGet + "GET /b HTTP/1.1\r\n\r\n");
  wire.reply(kChunkedHead + "1000\r\nabc");
  const std::uint64_t last = wire.reply("x", 70000);
  wire.reply("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  REQUIRE(wire.done.size() == 2);
  CHECK(wire.done[0].end_ns == last);
  CHECK(wire.done[0].flags == kCallResynced);
  CHECK(wire.done[1].status == 404);
  CHECK(wire.text(wire.done[1]) == "GET /b");
}

TEST_CASE("a lost response that the connection ends is one") {
  Http1Wire wire;
  wire.request(kGet);
  wire.reply(kChunkedHead + "1000\r\nabc");
  const std::uint64_t last = wire.reply("x", 70000);
  wire.close();
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].end_ns == last);
  CHECK(wire.done[0].outcome == Outcome::kOk);
  CHECK(wire.done[0].flags == kCallResynced);
}

TEST_CASE("a request's head may be larger than what is captured") {
  Http1Wire wire;
  const std::uint64_t start = wire.request("GET /a/9 HTTP/1.1\r\nCookie: aaaa");
  wire.request("aaaa\r\n\r\n", 20000);
  wire.reply(kOk);
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.text(wire.done[0]) == "GET /a/{id}");
  CHECK(wire.done[0].start_ns == start);
  CHECK(wire.done[0].request_end_ns == start + 10);
  CHECK(wire.done[0].request_bytes == 31 + 20000 + 8);
  wire.request("still of the first");  // skipped to the end of the turn
  wire.request(kGet);
  wire.reply(kOk);
  REQUIRE(wire.done.size() == 2);
  CHECK(wire.text(wire.done[1]) == "GET /a");
  CHECK(wire.decoder().contradictions() == 0);
}

TEST_CASE("a request's target may be longer than what is captured") {
  Http1Wire wire;
  wire.request("GET /search?q=aaaa");
  wire.request("a HTTP/1.1\r\n\r\n", 9000);
  wire.reply(kOk);
  wire.request("GET /find/a/b");
  wire.request({}, 9000);
  wire.reply(kOk);
  wire.request("GET /c?" + std::string(9000, 'd') + " HTTP/1.1\r\n\r\n");
  wire.reply(kOk);
  Http1Wire bytewise;
  bytewise.request_bytewise("GET /c?" + std::string(9000, 'd') + " HTTP/1.1\r\n\r\n");
  bytewise.reply(kOk);
  REQUIRE(wire.done.size() == 3);
  CHECK(wire.text(wire.done[0]) == "GET /search");
  CHECK(wire.done[0].flags == 0);
  CHECK(wire.text(wire.done[1]) == "GET /find/a/b");
  CHECK(wire.done[1].flags == kCallTruncated);
  CHECK(wire.text(wire.done[2]) == "GET /c");
  REQUIRE(bytewise.done.size() == 1);
  CHECK(bytewise.text(bytewise.done[0]) == "GET /c");
  CHECK(bytewise.done[0].request_bytes == 9000 + 20);
  CHECK(wire.decoder().contradictions() == 0);
}

TEST_CASE("a response's head may be larger than what is captured") {
  Http1Wire wire;
  wire.request(kGet);
  const std::uint64_t first = wire.reply("HTTP/1.1 503 Busy\r\nX-Reason: aaa");
  wire.reply("ody", 20000);
  wire.request(kGet);
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].status == 503);
  CHECK(wire.done[0].outcome == Outcome::kError);
  CHECK(wire.done[0].first_read_ns == first);
  CHECK(wire.done[0].end_ns == first + 10);
  CHECK(wire.done[0].flags == kCallResynced);
}

TEST_CASE("after replies that were not seen, the last request is the one answered") {
  Http1Wire wire;
  wire.request("GET /first HTTP/1.1\r\n\r\n");
  wire.request("GET /second HTTP/1.1\r\n\r\n");
  wire.reply(kOk, 500);
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.text(wire.done[0]) == "GET /second");
  CHECK(wire.done[0].status == 200);
  CHECK(wire.decoder().lost_calls() == 1);
  CHECK(wire.decoder().pending() == 0);
}

TEST_CASE("missing bytes may reach beyond a response") {
  Http1Wire wire;
  wire.request(kGet);
  wire.reply("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
  wire.reply({}, 400);
  REQUIRE(wire.done.size() == 1);
  wire.request(kGet);
  wire.reply(kOk);
  REQUIRE(wire.done.size() == 2);
  CHECK(wire.done[1].flags == 0);
}

TEST_CASE("a request that was not seen is counted when it is answered") {
  Http1Wire wire;
  wire.request({}, 300);
  wire.reply(kOk);
  CHECK(wire.done.empty());
  CHECK(wire.decoder().lost_calls() == 1);
  wire.request(kGet);
  wire.reply(kOk);
  CHECK(wire.done.size() == 1);
}

TEST_CASE("an older connection is joined at its next request") {
  Http1Wire wire(false);
  wire.reply("rest of some body");
  wire.request("rest of a form: GET / HTTP/1.1\r\n\r\n");
  wire.reply("0\r\n\r\n");
  CHECK(wire.decoder().pending() == 0);
  wire.request(kGet);
  wire.reply_bytewise(kOk);
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].flags == 0);
  CHECK(wire.decoder().contradictions() == 0);
}

TEST_CASE("chunks that are none lose the place until the next request") {
  Http1Wire wire;
  for (const char* body : {"zz\r\n", "\r\n", "123456789abcdef01\r\n", "5hello\r\n"}) {
    CAPTURE(body);
    wire.done.clear();
    wire.request(kGet);
    wire.reply(kChunkedHead + body);
    CHECK(wire.done.empty());
    wire.request(kGet);
    REQUIRE(wire.done.size() == 1);
    CHECK(wire.done[0].flags == kCallResynced);
    wire.reply(kOk);
    CHECK(wire.done.size() == 2);
  }
  CHECK(wire.decoder().contradictions() == 4);
}
