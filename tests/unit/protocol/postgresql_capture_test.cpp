// SPDX-License-Identifier: Apache-2.0
// Calls of which the kernel ships head, gap and end, and bytes that only look like messages.
#include <algorithm>

#include "catch.h"
#include "unit/protocol/postgresql_connection.h"

using namespace culprit;
using namespace culprit::postgresql;

namespace {

std::string rows(int count) {
  std::string all = row_description();
  for (int i = 0; i < count; i++) all += row("value");
  return all;
}

std::string run(std::string_view sql, std::string_view value = "42") {
  return parse("", sql) + bind_to("", "", value) + execute() + sync_up();
}

void check_in_step(Wire& wire) {
  const std::size_t before = wire.done.size();
  const std::uint64_t asked = wire.request(query("SELECT 1"));
  wire.reply(complete("SELECT 5") + ready());
  REQUIRE(wire.done.size() > before);
  const Call& call = wire.done.back();
  CHECK(wire.text_of(call) == "SELECT ?");
  CHECK(call.start_ns == asked);
  CHECK(call.rows == 5);
  CHECK(call.flags == 0);
  CHECK(wire.decoder->pending() == 0);
}

/// A write as the kernel ships it: the first 64 KiB in segments, and the end of the rest.
void request_captured(Wire& wire, const std::string& bytes) {
  constexpr std::size_t kBudget = 65536, kSegment = 16384, kEnd = 1024;
  const std::size_t head = std::min(bytes.size(), kBudget);
  for (std::size_t at = 0; at < head; at += kSegment) {
    wire.request(std::string_view(bytes).substr(at, std::min(kSegment, head - at)));
  }
  const std::size_t end = std::min(bytes.size() - head, kEnd);
  if (end > 0) wire.request(bytes.substr(bytes.size() - end), bytes.size() - head - end);
}

/// A read: its head, and its last 64 bytes.
void reply_captured(Wire& wire, const std::string& bytes, std::size_t head) {
  constexpr std::size_t kTail = 64;
  wire.reply(bytes.substr(0, head));
  wire.reply(bytes.substr(bytes.size() - kTail), bytes.size() - head - kTail);
}

}  // namespace

TEST_CASE("PostgreSQL: statements and parameters beyond the capture", "[postgresql]") {
  for (const std::size_t size : {1100, 9000, 31000, 70000, 1100000}) {
    INFO(size << " bytes");
    const std::string literal(size, 'x');
    const std::string sql = "SELECT a FROM t WHERE b = '" + literal + "'";
    const std::string questions[] = {query(sql), run(sql),
                                     run("SELECT b FROM t WHERE a = $1", literal)};
    Wire wire;
    for (const std::string& question : questions) {
      request_captured(wire, question);
      wire.reply(complete("SELECT 1") + ready());
      REQUIRE_FALSE(wire.done.empty());
      CHECK(wire.done.back().rows == 1);
      CHECK(wire.done.back().request_bytes == question.size());
    }
    REQUIRE(wire.done.size() == 3);
    CHECK(wire.text_of(wire.done[0]) == "SELECT a FROM t WHERE b = ?");
    CHECK(wire.done[0].query == wire.done[1].query);
    CHECK(wire.text_of(wire.done[2]) == "SELECT b FROM t WHERE a = ?");
    CHECK(wire.done[2].flags == 0);
    CHECK(wire.decoder->lost_calls() == 0);
    CHECK(wire.decoder->contradictions() == 0);
    check_in_step(wire);
  }
}

TEST_CASE("PostgreSQL: where a message begins in the gap, the loss is declared", "[postgresql]") {
  Wire wire;
  const std::string literal(100000, 'x');
  request_captured(wire, run("SELECT '" + literal + "', $1", literal));
  wire.reply(parsed() + bound() + complete("SELECT 1") + ready());
  CHECK(wire.done.empty());
  CHECK(wire.decoder->lost_calls() == 1);
  check_in_step(wire);
}

TEST_CASE("PostgreSQL: an error at the end of what was captured of a result", "[postgresql]") {
  Wire wire;
  wire.request(run("SELECT a FROM t"));
  SECTION("whole, as of PgBouncer") {
    const std::string error_message =
        message('E', text("SERROR") + text("C57014") + text("Mcanceled") + '\0');
    reply_captured(wire, parsed() + bound() + rows(100) + error_message + ready('E'), 600);
    REQUIRE(wire.done.size() == 1);
    CHECK(error_of(wire.done[0]) == "57014");
    CHECK(wire.done[0].flags == 0);
  }
  SECTION("of which the last fields are left") {
    reply_captured(wire, parsed() + bound() + rows(100) + error("22012") + ready('E'), 600);
    REQUIRE(wire.done.size() == 1);
    CHECK(error_of(wire.done[0]).empty());
  }
  CHECK(wire.done[0].outcome == Outcome::kError);
  CHECK(wire.done[0].transaction == Transaction::kFailed);
  check_in_step(wire);
}

TEST_CASE("PostgreSQL: of a reply no byte was captured", "[postgresql]") {
  Wire wire;
  wire.request(query("SELECT a FROM t"));
  const std::uint64_t first = wire.reply("", 100);
  const std::uint64_t last = wire.reply("", 100);
  check_in_step(wire);
  REQUIRE(wire.done.size() == 2);
  CHECK(wire.done[0].first_read_ns == first);
  CHECK(wire.done[0].end_ns == last);
  CHECK(wire.done[0].reply_bytes == 200);
  CHECK(wire.done[0].flags == kCallResynced);
}

TEST_CASE("PostgreSQL: an exchange that was lost, and a whole one after it", "[postgresql]") {
  Wire wire;
  wire.request(query("SELECT a FROM t"));
  wire.reply(complete("SELECT 1") + ready());
  wire.request(query("SELECT b FROM t"), 40);
  const std::string answer = rows(2) + complete("SELECT 2") + ready();
  const std::uint64_t answered = wire.reply(answer, 200);
  REQUIRE(wire.done.size() == 2);
  CHECK(wire.text_of(wire.done[1]) == "SELECT b FROM t");
  CHECK(wire.done[1].rows == 2);
  CHECK(wire.done[1].first_read_ns == answered);
  CHECK(wire.done[1].reply_bytes == answer.size());
  CHECK(wire.decoder->lost_calls() == 1);
  check_in_step(wire);
}

TEST_CASE("PostgreSQL: the end of a request and a whole exchange were lost", "[postgresql]") {
  Wire wire;
  wire.request(query("SELECT a FROM t WHERE b = 1").substr(0, 20));
  wire.request(query("SELECT b FROM t"), 50);
  CHECK(wire.decoder->pending() == 2);
  wire.reply(complete("SELECT 2") + ready(), 200);
  wire.reply(complete("SELECT 2") + ready());
  REQUIRE(wire.done.size() == 2);
  CHECK((wire.done[0].flags & kCallTruncated) != 0);
  check_in_step(wire);
}

TEST_CASE("PostgreSQL: COPY's data beyond the first of it", "[postgresql]") {
  Wire wire;
  const std::string question = run("COPY t FROM STDIN");
  wire.request(question);
  wire.reply(parsed() + bound() + message('n') + message('G', std::string(3, '\0')));
  wire.request(message('d', std::string(9000, 'x')).substr(0, 100));
  wire.request("", 500000);
  const std::uint64_t sent = wire.request("", 500000);
  wire.reply(complete("COPY 5000") + ready());
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].rows == 5000);
  CHECK(wire.done[0].request_bytes == question.size() + 1000100);
  CHECK(wire.done[0].request_end_ns == sent);
  CHECK(wire.decoder->lost_calls() == 0);
  check_in_step(wire);
}

TEST_CASE("PostgreSQL: a connection older than culprit, seen first amid anything", "[postgresql]") {
  const std::string question = run("SELECT a FROM t WHERE b = 'text' OR c = 'P' AND D");
  for (std::size_t cut = 1; cut < question.size(); cut++) {
    INFO("cut at " << cut);
    Wire wire;
    wire.reply(rows(2).substr(3));
    wire.request(question.substr(cut));
    wire.reply(parsed() + bound() + complete("SELECT 1") + ready());
    check_in_step(wire);
    CHECK(wire.decoder->contradictions() <= 1);
  }
}

TEST_CASE("PostgreSQL: a text that looks like a long message", "[postgresql]") {
  Wire wire;
  // The end of a Describe, and what follows it: a Parse of 4.5 MB, as it seems.
  wire.request(text("P") + execute() + sync_up());
  CHECK(wire.decoder->pending() == 0);
  wire.reply(complete("SELECT 1") + ready());
  check_in_step(wire);
}

TEST_CASE("PostgreSQL: bytes that are none of it, and the next message", "[postgresql]") {
  using namespace std::string_literals;
  for (const std::string& bytes :
       {"\x16\x03\x01 hello"s, "Q\xff\xff\xff\xff"s, "Q\0\0\0\3"s, "Q@\0\0\1"s, "z\0\0\0\4"s,
        "\xffQ\0\0\0\4"s, "\0\0\0\0"s, "\0\0\xff\xff"s}) {
    Wire wire;
    check_in_step(wire);
    wire.request(bytes);
    CHECK(wire.decoder->contradictions() == 1);
    check_in_step(wire);
    wire.request(query("SELECT a FROM t"));
    wire.reply(bytes);
    CHECK(wire.decoder->contradictions() == 2);
    CHECK(wire.decoder->pending() == 1);
    check_in_step(wire);
    CHECK(wire.done.size() == 4);
    CHECK(wire.decoder->lost_calls() == 0);
  }
}
