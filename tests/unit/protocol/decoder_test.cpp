// SPDX-License-Identifier: Apache-2.0
#include "protocol/decoder.h"

#include "catch.h"

namespace culprit {
namespace {

using namespace std::string_literals;

/// One exchange, and the next request, which closes what is told by turn-taking.
struct Exchange {
  Protocol protocol;
  std::string request, reply, text;
};

const std::vector<Exchange> kExchanges = {
    {Protocol::kPostgresql, "Q\0\0\0\x0dSELECT 1\0"s, "C\0\0\0\x0dSELECT 1\0Z\0\0\0\5I"s,
     "SELECT ?"},
    {Protocol::kMysql, "\x09\0\0\0\x03SELECT 1"s, "\7\0\0\1\0\0\0\2\0\0\0"s, "SELECT ?"},
    {Protocol::kRedis, "*2\r\n$3\r\nGET\r\n$6\r\nuser:1\r\n", "$2\r\nhi\r\n", "GET user:?"},
    {Protocol::kMemcached, "get user:1\r\n", "END\r\n", "GET user:?"},
    {Protocol::kHttp1, "GET /users/17 HTTP/1.1\r\nHost: a\r\n\r\n",
     "HTTP/1.1 204 No Content\r\n\r\n", "GET /users/{id}"},
    {Protocol::kTls, "\x17\x03\x03\0\1x"s, "\x17\x03\x03\0\1y"s, ""},
    {Protocol::kUnknown, "hello", "world", ""},
};

}  // namespace

TEST_CASE("each protocol has its decoder, and what nobody reads is told by turn-taking") {
  for (const Exchange& exchange : kExchanges) {
    CAPTURE(protocol_name(exchange.protocol));
    DecoderBooks books;
    const std::unique_ptr<Decoder> decoder = make_decoder(exchange.protocol, {1, false}, books);
    REQUIRE(decoder);
    std::vector<Call> calls;
    decoder->request({exchange.request, 0, 100, 0, 1}, calls);
    CHECK(decoder->pending() == 1);
    CHECK(decoder->busy_since() == 100);
    decoder->reply({exchange.reply, 0, 200, 0, 1}, calls);
    CHECK(decoder->pending() == 0);
    decoder->request({exchange.request, 0, 300, 0, 1}, calls);
    REQUIRE(calls.size() == 1);
    const Call& call = calls[0];
    CHECK(call.start_ns == 100);
    CHECK(call.end_ns == 200);
    const QueryText* text = books.queries.find(call.query);
    CHECK((text ? text->text : "") == exchange.text);
    CHECK(((call.flags & kCallTimingOnly) != 0) == exchange.text.empty());
    if (text) CHECK(text->protocol == exchange.protocol);
    decoder->close(400, calls);
    REQUIRE(calls.size() == 2);
    CHECK(calls[1].outcome == Outcome::kAborted);
    CHECK(decoder->contradictions() == 0);
    CHECK(decoder->lost_calls() == 0);
  }
}

TEST_CASE("a call is of the task that sent: a client's request, a server's reply") {
  for (const Exchange& exchange : kExchanges) {
    CAPTURE(protocol_name(exchange.protocol));
    DecoderBooks books;
    std::vector<Call> calls;
    const auto client = make_decoder(exchange.protocol, {1, false}, books);
    client->request({exchange.request, 0, 100, 0, 1, 9, 4}, calls);
    client->reply({exchange.reply, 0, 200, 150, 1}, calls);
    client->request({exchange.request, 0, 300, 0, 1, 10, 5}, calls);
    REQUIRE(calls.size() == 1);
    CHECK(calls[0].task == 9);
    CHECK(calls[0].work == 4);
    if (exchange.protocol != Protocol::kHttp1 && exchange.protocol != Protocol::kTls &&
        exchange.protocol != Protocol::kUnknown)
      continue;
    calls.clear();
    const auto server = make_decoder(exchange.protocol, {1, false}, books);
    server->request({exchange.request, 0, 100, 50, 1}, calls);
    server->reply({exchange.reply, 0, 200, 0, 1, 9, 4}, calls);
    server->request({exchange.request, 0, 300, 250, 1}, calls);
    REQUIRE(calls.size() == 1);
    CHECK(calls[0].task == 9);
    CHECK(calls[0].work == 4);
  }
}

TEST_CASE("no decoder knows a database that it was not told") {
  for (const Exchange& exchange : kExchanges) {
    DecoderBooks books;
    CHECK(make_decoder(exchange.protocol, {1, true}, books)->database().empty());
  }
}

}  // namespace culprit
