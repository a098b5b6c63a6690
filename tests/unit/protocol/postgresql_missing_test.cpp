// SPDX-License-Identifier: Apache-2.0
// Calls of whose bytes some are missing, and connections found in the middle.
#include "catch.h"
#include "unit/protocol/postgresql_connection.h"

using namespace culprit;
using namespace culprit::postgresql;

namespace {

const std::string kRows = [] {
  std::string rows = row_description();
  for (int i = 0; i < 100; i++) rows += row(std::string(90, 'x'));
  return rows;
}();

}  // namespace

TEST_CASE("PostgreSQL: bytes missing within rows and copied data", "[postgresql]") {
  Wire wire;
  SECTION("a long value") {
    const std::string value = row(std::string(100000, 'v'));
    wire.request(query("SELECT blob"));
    wire.reply((row_description() + value).substr(0, 4000));
    const std::size_t left = row_description().size() + value.size() - 4000;
    SECTION("up to its exact end") {
      wire.reply("", left);
      wire.reply(complete("SELECT 1") + ready());
    }
    SECTION("up to within it") {
      wire.reply(value.substr(value.size() - 10) + complete("SELECT 1") + ready(), left - 10);
    }
    REQUIRE(wire.done.size() == 1);
    CHECK(wire.done[0].reply_bytes ==
          row_description().size() + value.size() + complete("SELECT 1").size() + ready().size());
  }
  SECTION("COPY in") {
    const std::string data = message('d', std::string(50000, 'c'));
    wire.request(query("COPY t FROM STDIN"));
    wire.reply(message('G', std::string(3, '\0')));
    wire.request(data.substr(0, 100));
    wire.request(data.substr(data.size() - 100) + message('c'), data.size() - 200);
    wire.reply(complete("COPY 1") + ready());
    REQUIRE(wire.done.size() == 1);
  }
  CHECK(wire.done[0].rows == 1);
  CHECK(wire.done[0].flags == 0);
  CHECK(wire.decoder->lost_calls() == 0);
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("PostgreSQL: a large result seen as head, gap and tail", "[postgresql]") {
  Wire wire;
  const std::string answer = kRows + complete("SELECT 100") + ready('T');
  const auto part = [&](std::size_t from, std::size_t size) {
    return std::string_view(answer).substr(from, size);
  };
  wire.request(query("SELECT x FROM big"));
  const std::uint64_t first = wire.reply(part(0, 2000));
  std::uint64_t last = 0;
  SECTION("in one tail") {
    last = wire.reply(part(answer.size() - 64, 64), answer.size() - 2064);
  }
  SECTION("in several tails") {
    wire.reply(part(4032, 64), 2032);
    wire.reply(part(6000, 64), 6000 - 4096);
    wire.reply("", answer.size() - 6064 - 64);
    last = wire.reply(part(answer.size() - 64, 64));
  }
  SECTION("with the last bytes in a read of their own") {
    wire.reply(part(answer.size() - 67, 64), answer.size() - 2067);
    CHECK(wire.done.empty());
    last = wire.reply(part(answer.size() - 3, 3));
  }
  SECTION("byte by byte at the end") {
    wire.reply(part(answer.size() - 64, 50), answer.size() - 2064);
    for (std::size_t at = answer.size() - 14; at < answer.size(); at++)
      last = wire.reply(part(at, 1));
  }
  SECTION("with a notification behind it") {
    last = wire.reply(std::string(part(answer.size() - 64, 64)) + notification(),
                      answer.size() - 2064);
  }
  REQUIRE(wire.done.size() == 1);
  const Call& call = wire.done[0];
  CHECK(call.rows == 100);
  CHECK(call.outcome == Outcome::kOk);
  CHECK(call.transaction == Transaction::kOpen);
  CHECK(call.flags == 0);
  CHECK(call.first_read_ns == first);
  CHECK(call.end_ns == last);
  CHECK(call.reply_bytes == answer.size());
  CHECK(wire.decoder->lost_calls() == 0);
  wire.request(query("SELECT 1"));
  wire.reply(complete("SELECT 1") + ready());
  CHECK(wire.done.size() == 2);
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("PostgreSQL: an error at the end of a large result", "[postgresql]") {
  Wire wire;
  wire.request(query("SELECT 1 / x FROM big"));
  const std::string answer = kRows + error("22012") + ready('E');
  wire.reply(answer.substr(0, 2000));
  wire.reply(answer.substr(answer.size() - 46), answer.size() - 2046);
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].outcome == Outcome::kError);
  CHECK(error_of(wire.done[0]).empty());
  CHECK(wire.done[0].transaction == Transaction::kFailed);
}

TEST_CASE("PostgreSQL: an end without its completion is found, not followed", "[postgresql]") {
  Wire wire;
  wire.request(query("SELECT x FROM big"));
  wire.reply(kRows.substr(0, 2000));
  wire.reply(ready(), 100000);
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].flags == kCallResynced);
  CHECK(wire.done[0].outcome == Outcome::kOk);
  CHECK(wire.done[0].rows == kUnknownCount);
}

TEST_CASE("PostgreSQL: rows that look like an end are none", "[postgresql]") {
  Wire wire;
  wire.request(query("SELECT x FROM big"));
  wire.reply(kRows.substr(0, 2000));
  wire.reply("xxxx" + ready() + "and more of the row", 100000);
  wire.reply(std::string("Z\0\0\0\5?", 6), 100000);
  wire.reply(std::string("Z\0\0\0\5", 5), 100000);
  CHECK(wire.done.empty());
  CHECK(wire.decoder->pending() == 1);
}

TEST_CASE("PostgreSQL: bytes missing amid a pipeline", "[postgresql]") {
  Wire wire;
  for (int i = 0; i < 5; i++) {
    wire.request(parse("", "SELECT 1") + bind_to("", "") + execute() + sync_up());
  }
  const std::string answer = parsed() + bound() + kRows + complete("SELECT 100") + ready();
  wire.reply(answer.substr(0, 1000));
  wire.reply(answer.substr(answer.size() - 64), 4 * answer.size() + answer.size() - 1064);
  REQUIRE(wire.done.size() == 5);
  for (const Call& call : wire.done) CHECK((call.flags & kCallResynced) != 0);
  CHECK(wire.decoder->lost_calls() == 5);
  wire.request(query("SELECT 1"));
  wire.reply(complete("SELECT 7") + ready());
  CHECK(wire.done.back().rows == 7);
}

TEST_CASE("PostgreSQL: the end of a reply is missing altogether", "[postgresql]") {
  Wire wire;
  wire.request(query("SELECT x FROM big"));
  wire.reply(kRows.substr(0, 2000));
  const std::uint64_t seen = wire.reply(kRows.substr(4000, 64), 2000);
  wire.request(query("SELECT 1"));
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].flags == kCallResynced);
  CHECK(wire.done[0].end_ns == seen);
  wire.reply(complete("SELECT 7") + ready());
  REQUIRE(wire.done.size() == 2);
  CHECK(wire.done[1].flags == 0);
  CHECK(wire.done[1].rows == 7);
}

TEST_CASE("PostgreSQL: requests that were not seen", "[postgresql]") {
  Wire wire;
  wire.request(query("SELECT 1"));
  wire.reply(complete("SELECT 1") + ready());
  SECTION("whole messages, and their replies come") {
    wire.request("", 200);
    wire.reply(complete("SELECT 5") + ready());
    CHECK(wire.done.size() == 1);
    wire.request(query("SELECT 2"));
  }
  SECTION("the end of one, and its like") {
    wire.request(query("SELECT 2").substr(0, 9));
    wire.request("", 1000);
    wire.reply(complete("SELECT 5") + ready() + complete("SELECT 5") + ready());
    REQUIRE(wire.done.size() == 2);
    CHECK((wire.done[1].flags & kCallTruncated) != 0);
    wire.request("hal", 0);
    CHECK(wire.decoder->pending() == 0);
    wire.request(query("SELECT 2"));
  }
  CHECK(wire.decoder->pending() == 1);
  wire.reply(complete("SELECT 7") + ready());
  CHECK(wire.done.back().rows == 7);
  CHECK(wire.done.back().flags == 0);
  CHECK(wire.decoder->lost_calls() == 1);
}

TEST_CASE("PostgreSQL: the replies tell how many requests were not seen", "[postgresql]") {
  Wire wire;
  wire.request(query("SELECT 1"));
  wire.request("", 200);
  wire.reply(complete("SELECT 1") + ready() + complete("SELECT 1") + ready() + error("22012") +
             ready());
  CHECK(wire.done.size() == 1);
  CHECK(wire.decoder->lost_calls() == 2);
  SECTION("even where they are cut") {
    wire.request("", 200);
    wire.reply(kRows.substr(0, 1000));
    wire.reply(complete("SELECT 100") + ready(), 8000);
    CHECK(wire.decoder->lost_calls() == 3);
  }
  SECTION("and the request behind them was seen") {
    wire.request(query("SELECT 3"), 200);
    wire.reply(complete("SELECT 1") + ready() + complete("SELECT 1") + ready());
    CHECK(wire.done.size() == 2);
    CHECK(wire.decoder->lost_calls() == 3);
  }
  SECTION("until the next request") {
    wire.request(query("SELECT 1"));
    wire.reply(complete("SELECT 1") + ready() + complete("SELECT 1") + ready());
    CHECK(wire.done.size() == 2);
    CHECK(wire.decoder->lost_calls() == 2);
  }
}

TEST_CASE("PostgreSQL: a Sync that was not seen ends nothing else", "[postgresql]") {
  Wire wire;
  wire.request(bind_to("", "s1") + execute());
  wire.reply(ready());
  CHECK(wire.done.empty());
  wire.reply(bound() + complete("SELECT 3"));
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].rows == 3);
}

TEST_CASE("PostgreSQL: completions that contradict the requests", "[postgresql]") {
  Wire wire;
  const std::string question = parse("", "SELECT 1") + bind_to("", "") + execute();
  SECTION("none at all") {
    wire.request(question + question + sync_up());
    wire.reply(ready());
    REQUIRE(wire.done.size() == 2);
    CHECK((wire.done[1].flags & kCallResynced) != 0);
    CHECK(wire.decoder->contradictions() == 2);
  }
  SECTION("two for one") {
    wire.request(question + sync_up());
    wire.reply(complete("SELECT 1") + complete("SELECT 1") + ready());
    CHECK(wire.done.size() == 1);
    CHECK(wire.decoder->contradictions() == 1);
  }
  SECTION("one for a Sync") {
    wire.request(sync_up());
    wire.reply(complete("SELECT 1") + ready());
    CHECK(wire.done.empty());
    CHECK(wire.decoder->contradictions() == 1);
  }
}

TEST_CASE("PostgreSQL: what is no message", "[postgresql]") {
  Wire wire;
  wire.request(query("SELECT 1"));
  SECTION("in a reply") {
    wire.reply(row_description());
    wire.reply("garbage");
    CHECK(wire.decoder->contradictions() == 1);
    wire.reply("more garbage" + complete("SELECT 4") + ready());
  }
  SECTION("in a request") {
    wire.request("GET / HTTP/1.1\r\n\r\n");
    CHECK(wire.decoder->contradictions() == 1);
    wire.request("\xff\xfe\xfd\xfc\xfb\xfa");
    CHECK(wire.decoder->contradictions() == 1);
    CHECK(wire.decoder->pending() == 1);
    wire.reply(complete("SELECT 4") + ready());
  }
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].rows == 4);
}

TEST_CASE("PostgreSQL: a connection older than culprit", "[postgresql]") {
  Wire wire;
  SECTION("amid a reply to nothing that was seen") {
    wire.reply(kRows.substr(17, 500));
    wire.reply(kRows.substr(517, 500) + complete("SELECT 100") + ready());
  }
  SECTION("amid a request") {
    wire.request("42, 'text')");
    wire.reply(complete("INSERT 0 1") + ready());
  }
  SECTION("amid a reply, of which more comes after a gap") {
    wire.reply(kRows.substr(17, 500));
    wire.reply(kRows.substr(1700, 500), 1183);
  }
  CHECK(wire.done.empty());
  CHECK(wire.decoder->pending() == 0);
  wire.request(bind_to("", "s1") + execute() + sync_up());
  wire.reply(bound() + row("1") + complete("SELECT 1") + ready());
  REQUIRE(wire.done.size() == 1);
  CHECK(wire.done[0].flags == (kCallPrepared | kCallTextUnseen));
  CHECK(wire.done[0].rows == 1);
  CHECK(wire.decoder->contradictions() == 0);
  CHECK(wire.decoder->lost_calls() == 0);
}
