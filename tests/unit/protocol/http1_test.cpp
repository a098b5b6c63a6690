// SPDX-License-Identifier: Apache-2.0
#include "catch.h"
#include "http1_wire.h"
#include "protocol/http1_lines.h"

using namespace culprit;

namespace {

void check_clean(const Http1Wire& wire) {
  CHECK(wire.decoder().contradictions() == 0);
  CHECK(wire.decoder().lost_calls() == 0);
  CHECK(wire.decoder().pending() == 0);
  CHECK(!wire.decoder().busy_since());
}

}  // namespace

TEST_CASE("one request and its response are a call") {
  Http1Wire wire;
  const std::uint64_t start = wire.request("POST /users/17?token=secret HTTP/1.1\r\nContent-Le");
  const std::uint64_t sent = wire.request("ngth: 4\r\n\r\nbody");
  CHECK(wire.decoder().pending() == 1);
  CHECK(wire.decoder().busy_since() == start);
  const std::uint64_t first = wire.reply("HTTP/1.1 201 Created\r\ncontent-length:3\r\n\r\n");
  CHECK(wire.done.empty());
  const std::uint64_t end = wire.reply("abc");
  REQUIRE(wire.done.size() == 1);
  const Call& call = wire.done[0];
  CHECK(wire.text(call) == "POST /users/{id}");
  CHECK(wire.operation(call) == "POST");
  CHECK(call.start_ns == start);
  CHECK(call.request_end_ns == sent);
  CHECK(call.arrived_ns == first - 3);
  CHECK(call.first_read_ns == first);
  CHECK(call.end_ns == end);
  CHECK(call.request_bytes == 48 + 15);
  CHECK(call.reply_bytes == 42 + 3);
  CHECK(call.tid == 1);
  CHECK(call.reply_tid == 2);
  CHECK(call.status == 201);
  CHECK(call.outcome == Outcome::kOk);
  CHECK(call.flags == 0);
  check_clean(wire);
}

TEST_CASE("a kept connection carries one call after another") {
  Http1Wire wire;
  for (int i = 0; i < 3; i++) {
    wire.request(kGet);
    wire.reply(kOk);
  }
  REQUIRE(wire.done.size() == 3);
  CHECK(wire.done[2].start_ns > wire.done[1].end_ns);
  CHECK(wire.done[2].flags == 0);
  CHECK(wire.done[2].reply_bytes == kOk.size());
  CHECK(wire.done[2].request_bytes == kGet.size());
  check_clean(wire);
}

TEST_CASE("pipelined requests are answered in their order") {
  Http1Wire wire;
  const std::uint64_t start =
      wire.request(kGet + "HEAD /b HTTP/1.1\r\n\r\n" + "GET /c HTTP/1.1\r\n\r\n");
  CHECK(wire.decoder().pending() == 3);
  const std::uint64_t end = wire.reply(kOk + "HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" +
                                       "HTTP/1.1 503 Busy\r\n" + "Content-Length: 0\r\n\r\n");
  REQUIRE(wire.done.size() == 3);
  CHECK(wire.text(wire.done[0]) == "GET /a");
  CHECK(wire.text(wire.done[1]) == "HEAD /b");
  CHECK(wire.text(wire.done[2]) == "GET /c");
  CHECK(wire.done[0].flags == 0);
  CHECK(wire.done[1].flags == kCallPipelined);
  CHECK(wire.done[2].start_ns == start);
  CHECK(wire.done[2].end_ns == end);
  CHECK(wire.done[2].status == 503);
  CHECK(wire.done[1].request_bytes == 20);
  check_clean(wire);
}

TEST_CASE("an error is a status of 500 and more") {
  Http1Wire wire;
  for (const char* status : {"404 Not Found", "499 Gone", "500 Oops", "599 Oops"}) {
    wire.request(kGet);
    wire.reply("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 0\r\n\r\n");
  }
  REQUIRE(wire.done.size() == 4);
  CHECK(wire.done[0].outcome == Outcome::kOk);
  CHECK(wire.done[1].outcome == Outcome::kOk);
  CHECK(wire.done[2].outcome == Outcome::kError);
  CHECK(wire.done[3].outcome == Outcome::kError);
}

TEST_CASE("1xx is not the answer") {
  Http1Wire wire;
  wire.request("POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  const std::string more = "HTTP/1.1 100 Continue\r\n\r\n";
  const std::string hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n";
  wire.reply(more);
  CHECK(wire.decoder().pending() == 1);
  const std::uint64_t sent = wire.request("body");
  wire.reply(hints);
  CHECK(wire.done.empty());
  const std::uint64_t first = wire.reply(kOk);
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].request_end_ns == sent);
  CHECK(wire.done[0].first_read_ns == first);
  CHECK(wire.done[0].status == 200);
  CHECK(wire.done[0].reply_bytes == more.size() + hints.size() + kOk.size());
  check_clean(wire);
}

TEST_CASE("a refused body is not waited for") {
  Http1Wire wire;
  wire.request("POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4000\r\n\r\n");
  wire.reply("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
  wire.request(kGet);
  wire.reply(kOk);
  REQUIRE(wire.done.size() == 2);
  CHECK(wire.text(wire.done[1]) == "GET /a");
  check_clean(wire);
}

TEST_CASE("chunks may be split anywhere") {
  const std::string body =
      "5\r\nhello\r\nA;name=value\r\n0\r\n\r\n12345\r\n1\r\n!\r\n0\r\nTrailer: 0\r\n\r\n";
  const std::string whole = kChunkedHead + body;
  for (std::size_t cut = 1; cut < whole.size(); cut++) {
    CAPTURE(cut);
    Http1Wire wire;
    wire.request(kGet);
    wire.reply(whole.substr(0, cut));
    CHECK(wire.done.empty());
    const std::uint64_t end = wire.reply(whole.substr(cut));
    REQUIRE(wire.done.size() == 1);
    CHECK(wire.done[0].end_ns == end);
    CHECK(wire.done[0].reply_bytes == whole.size());
    CHECK(wire.done[0].flags == 0);
    check_clean(wire);
  }
}

TEST_CASE("no body follows HEAD, 204 and 304") {
  Http1Wire wire;
  wire.request("HEAD /a HTTP/1.1\r\n\r\n");
  wire.reply(kChunkedHead);
  CHECK(wire.done.size() == 1);
  wire.request(kGet);
  wire.reply("HTTP/1.1 204 No Content\r\n\r\n");
  CHECK(wire.done.size() == 2);
  wire.request(kGet);
  wire.reply("HTTP/1.1 304 Not Modified\r\nContent-Length: 5000\r\n\r\n");
  CHECK(wire.done.size() == 3);
  check_clean(wire);
}

TEST_CASE("after 101 the connection is no longer HTTP") {
  Http1Wire wire;
  wire.request("GET /chat HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  wire.reply("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05hello");
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].status == 101);
  wire.request("\x81\x85GET / HTTP/1.1\r\n\r\n");
  wire.request(kGet);
  wire.reply(kOk);
  wire.close();
  CHECK(wire.done.size() == 1);
  check_clean(wire);
}

TEST_CASE("after the tunnel is open, CONNECT's connection is no longer HTTP") {
  Http1Wire wire;
  wire.request("CONNECT db.example:443 HTTP/1.1\r\n\r\n");
  wire.reply("HTTP/1.1 407 Who?\r\nContent-Length: 0\r\n\r\n");
  wire.request("CONNECT db.example:443 HTTP/1.1\r\n\r\n");
  wire.reply("HTTP/1.1 200 Connected\r\n\r\n");
  wire.request(kGet);
  REQUIRE(wire.done.size() == 2);
  CHECK(wire.text(wire.done[1]) == "CONNECT {authority}");
  check_clean(wire);
}

TEST_CASE("a body that passes unseen is skipped by its length") {
  Http1Wire wire;
  wire.request(kGet);
  wire.reply("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
  wire.reply({}, 60000);  // sendfile
  CHECK(wire.done.empty());
  const std::uint64_t end = wire.reply({}, 40000);
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].end_ns == end);
  CHECK(wire.done[0].reply_bytes == 43 + 100000);
  CHECK(wire.done[0].flags == 0);
  wire.request(kGet);
  wire.reply(kOk);
  CHECK(wire.done.size() == 2);
  check_clean(wire);
}

TEST_CASE("a response may come before its request ends") {
  Http1Wire wire;
  const std::uint64_t start =
      wire.request("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwi");
  wire.reply("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].request_end_ns == start);
  wire.request("ki\r\n0\r\n\r\n" + kGet);
  CHECK(wire.decoder().pending() == 1);
  wire.reply(kOk);
  REQUIRE(wire.done.size() == 2);
  CHECK(wire.text(wire.done[1]) == "GET /a");
  CHECK(wire.done[1].request_bytes == kGet.size());
  check_clean(wire);
}

TEST_CASE("request bodies are skipped, with missing bytes, too") {
  Http1Wire wire;
  wire.request("PUT /a HTTP/1.1\r\nContent-Length: 50000\r\n\r\n0123456789");
  const std::uint64_t sent = wire.request("6789" + kGet, 50000 - 14);
  CHECK(wire.decoder().pending() == 2);
  wire.reply(kOk + kOk);
  REQUIRE(wire.done.size() == 2);
  CHECK(wire.done[0].request_end_ns == sent);
  CHECK(wire.done[0].request_bytes == 42 + 50000);
  CHECK(wire.done[1].flags == kCallPipelined);
  wire.request("PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3E8\r\nab");
  wire.request("yz\r\n0\r\n\r\n", 996);
  wire.reply(kOk);
  CHECK(wire.done.size() == 3);
  check_clean(wire);
}

TEST_CASE("bytes may come one by one") {
  Http1Wire wire;
  const std::string request =
      "POST /orders/7 HTTP/1.1\r\nCONTENT-LENGTH: 3\r\nX-Long: " + std::string(9000, 'x') +
      "\r\n\r\nabc";
  wire.request_bytewise(request);
  wire.request_bytewise("\r\n");  // which some add to a body
  wire.reply_bytewise(kOk);
  wire.request_bytewise(kGet);
  wire.reply_bytewise(kChunkedHead + "5\r\nhello\r\n0\r\n\r\n");
  REQUIRE(wire.done.size() == 2);
  CHECK(wire.text(wire.done[0]) == "POST /orders/{id}");
  CHECK(wire.done[0].request_bytes == request.size());
  CHECK(wire.done[0].start_ns == 1010);
  CHECK(wire.done[1].reply_bytes == kChunkedHead.size() + 15);
  check_clean(wire);
}

TEST_CASE("a head may be split at every byte") {
  for (std::size_t cut = 1; cut < kGet.size(); cut++) {
    for (std::size_t reply_cut = 1; reply_cut < kOk.size(); reply_cut += 5) {
      Http1Wire wire;
      wire.request(kGet.substr(0, cut));
      wire.request(kGet.substr(cut));
      wire.reply(kOk.substr(0, reply_cut));
      wire.reply(kOk.substr(reply_cut));
      CAPTURE(cut, reply_cut);
      REQUIRE(wire.done.size() == 1);
      CHECK(wire.text(wire.done[0]) == "GET /a");
      CHECK(wire.done[0].request_bytes == kGet.size());
      CHECK(wire.done[0].start_ns == 1010);
      check_clean(wire);
    }
  }
}

TEST_CASE("GETX is not HTTP") {
  for (const char* bytes : {"GETX / HTTP/1.1\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/2.0\r\n\r\n",
                            "get / HTTP/1.1\r\n", "SSH-2.0-OpenSSH\r\n", "GET HTTP/1.1\r\n"}) {
    CAPTURE(bytes);
    Http1Wire wire;
    wire.request(bytes);
    CHECK(wire.decoder().contradictions() == 1);
    CHECK(wire.decoder().pending() == 0);
    wire.reply("nonsense\r\n");
    wire.request(kGet);  // and yet it moves
    wire.reply(kOk);
    CHECK(wire.done.size() == 1);
  }
}

TEST_CASE("an event stream is not slow") {
  Http1Wire wire;
  wire.request(kGet);
  CHECK(wire.decoder().busy_since());
  wire.reply(
      "HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\n\r\ndata: 1\n\n");
  CHECK(!wire.decoder().busy_since());
  CHECK(wire.decoder().pending() == 1);
  const std::uint64_t last = wire.reply("data: 2\n\n");
  wire.close();
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].flags == kCallWaits);
  CHECK(wire.done[0].end_ns == last);
  CHECK(wire.done[0].outcome == Outcome::kOk);
}

TEST_CASE("who polls waits on purpose") {
  CHECK(polls_http1("/api/poll"));
  CHECK(polls_http1("/api/Long-Poll/7?since=3"));
  CHECK(polls_http1("/socket.io/?EIO=4&transport=polling"));
  CHECK(polls_http1("/v1/pods?watch=true"));
  CHECK_FALSE(polls_http1("/polls/7"));
  CHECK_FALSE(polls_http1("/search?q=poll"));
  CHECK_FALSE(polls_http1(""));
  Http1Wire wire;
  wire.request("GET /poll HTTP/1.1\r\n\r\n");
  CHECK_FALSE(wire.decoder().busy_since());
  wire.reply("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  REQUIRE(wire.done.size() == 1);
  CHECK_FALSE(wire.done[0].flags & kCallWaits);  // it was answered at once
}

TEST_CASE("the end of the connection ends a body without length") {
  Http1Wire wire;
  wire.request("GET /old HTTP/1.0\r\n\r\n");
  wire.reply("HTTP/1.0 200 OK\r\n\r\nhel");
  const std::uint64_t last = wire.reply("lo");
  CHECK(wire.done.empty());
  wire.close();
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].outcome == Outcome::kOk);
  CHECK(wire.done[0].end_ns == last);
  CHECK(wire.done[0].reply_bytes == 24);
  CHECK(wire.done[0].flags == 0);
  check_clean(wire);
}

TEST_CASE("what is unanswered when the connection ends is aborted") {
  Http1Wire wire;
  wire.request(kGet + kGet);
  wire.reply("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
  const std::uint64_t end = wire.close();
  REQUIRE(wire.done.size() == 2);
  CHECK(wire.done[0].outcome == Outcome::kAborted);
  CHECK(wire.done[0].status == 200);
  CHECK(wire.done[1].outcome == Outcome::kAborted);
  CHECK(wire.done[1].end_ns == end);
  CHECK(wire.done[1].first_read_ns == 0);
  wire.request(kGet);
  wire.reply(kOk);
  CHECK(wire.done.size() == 2);
  check_clean(wire);
}

TEST_CASE("targets have several forms") {
  Http1Wire wire;
  wire.request("GET http://user:secret@a.example/b/12?c=d HTTP/1.1\r\n\r\n");
  wire.reply(kOk);
  wire.request("OPTIONS * HTTP/1.1\r\n\r\n");
  wire.reply(kOk);
  wire.request("GET http://a.example HTTP/1.1\r\n\r\n");
  wire.reply(kOk);
  REQUIRE(wire.done.size() == 3);
  CHECK(wire.text(wire.done[0]) == "GET /b/{id}");
  CHECK(wire.text(wire.done[1]) == "OPTIONS *");
  CHECK(wire.text(wire.done[2]) == "GET /");
  check_clean(wire);
}

TEST_CASE("what is answered without a request is ignored") {
  Http1Wire wire;
  wire.reply("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
  wire.request(kGet);
  wire.reply(kOk + kOk);
  CHECK(wire.done.size() == 1);
  CHECK(wire.decoder().contradictions() == 1);
  wire.request(kGet);
  wire.reply(kOk);
  CHECK(wire.done.size() == 2);
}

TEST_CASE("lengths that contradict each other are not followed") {
  Http1Wire wire;
  wire.request("POST /a HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello");
  CHECK(wire.decoder().contradictions() == 1);
  wire.reply("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhello");
  CHECK(wire.decoder().contradictions() == 2);
  wire.request(kGet);
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].flags == kCallResynced);
  wire.reply(kOk);
  CHECK(wire.done.size() == 2);
}

TEST_CASE("unanswered requests are bounded, and what has no room is counted") {
  Http1Wire wire;
  for (int i = 0; i < 600; i++) wire.request(kGet);
  CHECK(wire.decoder().pending() == 512);
  CHECK(wire.decoder().lost_calls() == 88);
  for (int i = 0; i < 600; i++) wire.reply(kOk);
  CHECK(wire.done.size() == 512);
  CHECK(wire.decoder().pending() == 0);
  const std::uint64_t start = wire.request("GET /later HTTP/1.1\r\n\r\n");
  wire.reply(kOk);
  REQUIRE(wire.done.size() == 513);
  CHECK(wire.done[512].start_ns == start);
  CHECK(wire.decoder().contradictions() == 0);
}

TEST_CASE("a pipeline that never runs dry keeps its order") {
  Http1Wire wire;
  std::uint64_t before = wire.request(kGet);
  for (int i = 0; i < 3000; i++) {
    const std::uint64_t start = wire.request(kGet);
    wire.reply(kOk);
    REQUIRE(wire.done.size() == static_cast<std::size_t>(i) + 1);
    REQUIRE(wire.done.back().start_ns == before);
    before = start;
  }
}
