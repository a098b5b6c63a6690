// SPDX-License-Identifier: Apache-2.0
#include "protocol/turn_taking.h"

#include "catch.h"

namespace culprit {
namespace {

struct Connection {
  DecoderBooks books;
  std::unique_ptr<Decoder> decoder = make_turn_taking_decoder({}, books);
  std::vector<Call> calls;

  void send(std::string_view bytes, std::uint64_t time_ns, std::uint64_t missing = 0) {
    decoder->request({bytes, missing, time_ns, 0, 11}, calls);
  }
  void receive(std::string_view bytes, std::uint64_t time_ns, std::uint64_t missing = 0) {
    decoder->reply({bytes, missing, time_ns, time_ns - 5, 12}, calls);
  }
};

}  // namespace

TEST_CASE("turn-taking: the next request closes the reply before it") {
  Connection c;
  c.send("abc", 100);
  c.send("de", 110, 10);
  CHECK(c.decoder->pending() == 1);
  CHECK(c.decoder->busy_since() == 100);
  c.receive("1234", 200);
  CHECK(c.decoder->pending() == 0);
  CHECK(c.decoder->busy_since() == std::nullopt);
  c.receive("", 250, 1000);
  CHECK(c.calls.empty());
  c.send("f", 300);
  REQUIRE(c.calls.size() == 1);
  const Call& call = c.calls[0];
  CHECK(call.start_ns == 100);
  CHECK(call.request_end_ns == 110);
  CHECK(call.arrived_ns == 195);
  CHECK(call.first_read_ns == 200);
  CHECK(call.end_ns == 250);
  CHECK(call.request_bytes == 15);
  CHECK(call.reply_bytes == 1004);
  CHECK(call.tid == 11);
  CHECK(call.reply_tid == 12);
  CHECK(call.query == 0);
  CHECK(call.flags == kCallTimingOnly);
  CHECK(call.outcome == Outcome::kOk);
  CHECK(c.decoder->busy_since() == 300);
}

TEST_CASE("turn-taking: what comes unasked is no call") {
  Connection c;
  c.receive("hello", 100);
  c.decoder->close(200, c.calls);
  CHECK(c.calls.empty());
  CHECK(c.decoder->pending() == 0);
}

TEST_CASE("turn-taking: the end of the connection ends the last call") {
  Connection answered;
  answered.send("a", 100);
  answered.receive("b", 200);
  answered.decoder->close(900, answered.calls);
  REQUIRE(answered.calls.size() == 1);
  CHECK(answered.calls[0].end_ns == 200);
  CHECK(answered.calls[0].outcome == Outcome::kOk);

  Connection unanswered;
  unanswered.send("a", 100);
  unanswered.decoder->close(900, unanswered.calls);
  REQUIRE(unanswered.calls.size() == 1);
  CHECK(unanswered.calls[0].end_ns == 900);
  CHECK(unanswered.calls[0].first_read_ns == 0);
  CHECK(unanswered.calls[0].outcome == Outcome::kAborted);
  CHECK(unanswered.decoder->pending() == 0);
}

}  // namespace culprit
