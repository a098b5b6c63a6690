// SPDX-License-Identifier: Apache-2.0
#include "protocol/turn_taking.h"

#include "catch.h"

using namespace culprit;

namespace {

struct Turns {
  DecoderBooks books;
  std::unique_ptr<Decoder> decoder = make_turn_taking_decoder({}, books);
  std::vector<Call> done;

  void request(std::string_view bytes, std::uint64_t time_ns, std::uint64_t missing = 0) {
    decoder->request({bytes, missing, time_ns, 0, 7}, done);
  }
  void reply(std::string_view bytes, std::uint64_t time_ns, std::uint64_t missing = 0) {
    decoder->reply({bytes, missing, time_ns, time_ns - 3, 8}, done);
  }
};

}  // namespace

TEST_CASE("turn-taking: the next request closes the reply before it", "[turn_taking]") {
  Turns turns;
  turns.request("ab", 100);
  turns.request("cd", 110, 10);
  CHECK(turns.decoder->pending() == 1);
  CHECK(turns.decoder->busy_since() == 100u);
  turns.reply("xyz", 200);
  CHECK(turns.decoder->pending() == 0);
  CHECK_FALSE(turns.decoder->busy_since());
  turns.reply("", 300, 1000);
  CHECK(turns.done.empty());
  turns.request("ef", 400);
  REQUIRE(turns.done.size() == 1);
  const Call& call = turns.done[0];
  CHECK(call.query == 0);
  CHECK(call.flags == kCallTimingOnly);
  CHECK(call.start_ns == 100);
  CHECK(call.request_end_ns == 110);
  CHECK(call.arrived_ns == 197);
  CHECK(call.first_read_ns == 200);
  CHECK(call.end_ns == 300);
  CHECK(call.request_bytes == 14);
  CHECK(call.reply_bytes == 1003);
  CHECK(call.tid == 7);
  CHECK(call.reply_tid == 8);
  CHECK(call.outcome == Outcome::kOk);
  CHECK(turns.decoder->busy_since() == 400u);
}

TEST_CASE("turn-taking: the end of the connection ends the call", "[turn_taking]") {
  Turns turns;
  turns.decoder->close(50, turns.done);
  CHECK(turns.done.empty());
  turns.request("ab", 100);
  SECTION("unanswered") {
    turns.decoder->close(500, turns.done);
    REQUIRE(turns.done.size() == 1);
    CHECK(turns.done[0].outcome == Outcome::kAborted);
    CHECK(turns.done[0].end_ns == 500);
  }
  SECTION("answered") {
    turns.reply("xyz", 200);
    turns.decoder->close(500, turns.done);
    REQUIRE(turns.done.size() == 1);
    CHECK(turns.done[0].outcome == Outcome::kOk);
    CHECK(turns.done[0].end_ns == 200);
  }
  CHECK(turns.decoder->pending() == 0);
}

TEST_CASE("turn-taking: replies to nothing are no calls", "[turn_taking]") {
  Turns turns;
  turns.reply("greeting", 100);
  turns.request("ab", 200);
  CHECK(turns.done.empty());
}

TEST_CASE("turn-taking: the ceremonies of TLS are no calls", "[turn_taking]") {
  Turns turns;
  turns.request(std::string_view("\x16\x03\x01\x02\x00\x01", 6), 100);
  turns.reply(std::string_view("\x16\x03\x03\x00\x7a\x02", 6), 200);
  turns.request(std::string_view("\x14\x03\x03\x00\x01\x01\x17\x03\x03", 9), 300);
  CHECK(turns.decoder->pending() == 0);
  turns.request(std::string_view("\x17\x03\x03\x00\x30\x99", 6), 400);
  turns.reply(std::string_view("\x16\x03\x03\x00\x30\x04", 6), 450);
  CHECK(turns.decoder->pending() == 1);
  turns.reply(std::string_view("\x17\x03\x03\x00\x30\x77", 6), 500);
  turns.request(std::string_view("\x15\x03\x03\x00\x1a\x77", 6), 600);
  CHECK(turns.done.empty());
  turns.decoder->close(700, turns.done);
  REQUIRE(turns.done.size() == 1);
  CHECK(turns.done[0].start_ns == 400);
  CHECK(turns.done[0].end_ns == 500);
}

TEST_CASE("turn-taking: within TLS the handshake is no call, nor a login", "[turn_taking]") {
  const std::string_view hello("\x16\x03\x01\x02\x00\x01", 6), data("\x17\x03\x03\x00\x30\x99", 6);
  Turns turns;
  turns.decoder = make_tls_decoder();
  std::size_t logins = 0;
  SECTION("from its beginning") {}
  SECTION("of a connection that changed to it") {
    turns.decoder = make_upgraded_decoder();
    logins = 1;
  }
  turns.request(hello, 100);
  turns.reply(hello, 200);
  for (std::uint64_t i = 0; i < 3; i++) {
    const std::uint64_t now = 1000 * (i + 1);
    turns.request(data, now);
    CHECK(turns.decoder->pending() == (i < logins ? 0 : 1));
    CHECK(turns.decoder->busy_since().has_value() == (i >= logins));
    turns.reply(data, now + 100);
    CHECK(turns.decoder->pending() == 0);
  }
  turns.decoder->close(9000, turns.done);
  REQUIRE(turns.done.size() == 3 - logins);
  CHECK(turns.done[0].flags == kCallTimingOnly);
  CHECK(turns.done.back().start_ns == 3000);
  CHECK(turns.done.back().end_ns == 3100);
}
