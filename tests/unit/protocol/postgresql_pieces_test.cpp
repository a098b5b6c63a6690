// SPDX-License-Identifier: Apache-2.0
// The same calls however their bytes are cut, long ones too.
#include "catch.h"
#include "unit/protocol/postgresql_connection.h"

using namespace culprit;
using namespace culprit::postgresql;

namespace {

std::string long_text(std::size_t size) {
  std::string sql = "SELECT ";
  while (sql.size() < size) sql += "column_name, ";
  return sql + "1 FROM t";
}

}  // namespace

TEST_CASE("PostgreSQL: pieces of any size", "[postgresql]") {
  const std::string questions =
      query("SELECT a FROM t WHERE b = 1") + parse("s", "UPDATE t SET a = $1") + bind_to("", "s") +
      describe('P', "") + execute() + sync_up() + query("INSERT INTO t VALUES (1)");
  const std::string answers = row_description() + row("1") + complete("SELECT 1") + ready() +
                              parsed() + bound() + message('n') + complete("UPDATE 3") +
                              ready('T') + error("23505") + ready('E');
  for (const std::size_t size : {1, 2, 3, 4, 5, 6, 7, 64}) {
    INFO("pieces of " << size);
    Wire wire;
    for (std::size_t at = 0; at < questions.size(); at += size) {
      wire.request(std::string_view(questions).substr(at, size));
    }
    CHECK(wire.decoder->pending() == 3);
    for (std::size_t at = 0; at < answers.size(); at += size) {
      wire.reply(std::string_view(answers).substr(at, size));
    }
    REQUIRE(wire.done.size() == 3);
    CHECK(wire.text_of(wire.done[0]) == "SELECT a FROM t WHERE b = ?");
    CHECK(wire.text_of(wire.done[1]) == "UPDATE t SET a = ?");
    CHECK(wire.done[0].rows == 1);
    CHECK(wire.done[1].rows == 3);
    CHECK(wire.done[1].flags == (kCallPrepared | kCallPipelined));
    CHECK(wire.done[2].outcome == Outcome::kError);
    CHECK(error_of(wire.done[2]) == "23505");
    CHECK(wire.done[2].transaction == Transaction::kFailed);
    CHECK(wire.done[0].request_bytes + wire.done[1].request_bytes + wire.done[2].request_bytes ==
          questions.size());
    CHECK(wire.done[0].reply_bytes + wire.done[1].reply_bytes + wire.done[2].reply_bytes ==
          answers.size());
    CHECK(wire.decoder->contradictions() == 0);
  }
}

TEST_CASE("PostgreSQL: header and text in writes of their own", "[postgresql]") {
  Wire wire;
  const std::string question = query("SELECT 1");
  const std::uint64_t asked = wire.request(question.substr(0, 5));
  const std::uint64_t sent = wire.request(question.substr(5));
  wire.reply(complete("SELECT 1") + ready());
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].start_ns == asked);
  CHECK(wire.done[0].request_end_ns == sent);
  CHECK(wire.text_of(wire.done[0]) == "SELECT ?");
}

TEST_CASE("PostgreSQL: long statements", "[postgresql]") {
  for (const std::size_t size : {1100, 7000, 9000, 33000, 1 << 20}) {
    INFO(size << " bytes");
    const std::string sql = long_text(size);
    const std::uint16_t cut = size > 4096 ? kCallTruncated : 0;
    const std::string simple = query(sql);
    const std::string extended = parse("", sql) + bind_to("", "") + execute() + sync_up();
    DecoderBooks books;
    Wire whole(books, 1), pieces(books, 1);
    for (const std::string& question : {simple, extended}) {
      whole.request(question);
      for (std::size_t at = 0; at < question.size(); at += 1000) {
        pieces.request(std::string_view(question).substr(at, 1000));
      }
      for (Wire* wire : {&whole, &pieces}) wire->reply(complete("SELECT 5") + ready());
    }
    REQUIRE(whole.done.size() == 2);
    REQUIRE(pieces.done.size() == 2);
    CHECK(whole.done[0].request_bytes == simple.size());
    CHECK(whole.done[1].request_bytes == extended.size());
    CHECK(whole.done[0].flags == cut);
    CHECK(whole.done[1].flags == cut);
    CHECK(whole.done[0].query == whole.done[1].query);
    CHECK(whole.done[0].query == pieces.done[0].query);
    CHECK(whole.done[0].query == pieces.done[1].query);
    CHECK(pieces.done[1].request_bytes == extended.size());
    REQUIRE(books.queries.find(whole.done[0].query));
    CHECK(books.queries.find(whole.done[0].query)->truncated == (cut != 0));
  }
}

TEST_CASE("PostgreSQL: a statement longer than what is captured", "[postgresql]") {
  Wire wire;
  const std::string sql = long_text(50000);
  const std::string simple = query(sql);
  SECTION("simple, the rest unseen") {
    wire.request(simple.substr(0, 4096));
    wire.request("", simple.size() - 4096);
    CHECK(wire.decoder->pending() == 1);
    wire.reply(complete("SELECT 5") + ready());
  }
  SECTION("simple, told by the next write") {
    wire.request(simple.substr(0, 4096));
    wire.request("", simple.size() - 4096 - 100);
    wire.request(simple.substr(simple.size() - 100));
    wire.reply(complete("SELECT 5") + ready());
  }
  SECTION("extended, with the end of the write captured") {
    const std::string question = parse("", sql) + bind_to("", "") + execute() + sync_up();
    wire.request(question.substr(0, 4096));
    wire.request(question.substr(question.size() - 64), question.size() - 4096 - 64);
    wire.reply(parsed() + bound() + complete("SELECT 5") + ready());
    REQUIRE_FALSE(wire.done.empty());
    CHECK(wire.done[0].request_bytes == question.size());
  }
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].flags == kCallTruncated);
  CHECK(wire.done[0].rows == 5);
  CHECK(wire.text_of(wire.done[0]).substr(0, 30) == sql.substr(0, 30));
  CHECK(wire.decoder->lost_calls() == 0);
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("PostgreSQL: a literal that the capture cuts stays out", "[postgresql]") {
  for (const std::string& sql :
       {std::string("INSERT INTO t VALUES (1, 'secret"), std::string("SELECT $body$ secret"),
        std::string("SELECT E'it\\'s secret"), std::string("SELECT 1 /* secret"),
        std::string("SELECT a -- secret"), std::string("SELECT U&'secret")}) {
    INFO(sql);
    Wire wire;
    const std::string question = query(sql + std::string(100, 'x'));
    wire.request(question.substr(0, 5 + sql.size()));
    wire.request("", question.size() - 5 - sql.size());
    wire.reply(complete("SELECT 1") + ready());
    REQUIRE(wire.done.size() == 1);
    CHECK(wire.done[0].flags == kCallTruncated);
    CHECK(wire.text_of(wire.done[0]).size() > 5);
    CHECK(wire.text_of(wire.done[0]).find("secret") == std::string::npos);
  }
}

TEST_CASE("PostgreSQL: not even the beginning of a text was captured", "[postgresql]") {
  Wire wire;
  const std::string question = query("SELECT secret");
  wire.request(question.substr(0, 5));
  wire.request("", question.size() - 5);
  wire.reply(complete("SELECT 5") + ready());
  const std::string named = bind_to("p", "s") + execute("p") + sync_up();
  wire.request(named.substr(0, 6));
  wire.request(named.substr(9), 3);
  wire.reply(parsed() + bound() + complete("SELECT 6") + ready());
  REQUIRE(wire.done.size() == 2);
  CHECK(wire.done[0].query == 0);
  CHECK(wire.done[0].flags == kCallTruncated);
  CHECK(wire.done[1].query == 0);
  CHECK(wire.done[1].flags == kCallTextUnseen);
  CHECK(wire.done[1].rows == 6);
}
