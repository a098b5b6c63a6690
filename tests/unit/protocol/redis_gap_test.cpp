// SPDX-License-Identifier: Apache-2.0
// Captures that lack bytes, and connections older than the profiler.
#include "unit/protocol/cache_wire.h"

namespace culprit {
namespace {

// "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$10000\r\n" and the first 100 bytes of the value.
std::string cut_set() {
  return resp({"SET", "a", std::string(10000, 'v')}).substr(0, 28 + 100);
}

void get_b(CacheWire& wire) {
  wire.request(resp({"GET", "b"}));
  wire.reply("$1\r\nx\r\n");
}

}  // namespace

TEST_CASE("redis: a hole in a long argument is skipped exactly") {
  CacheWire wire(make_redis_decoder);
  wire.request(cut_set());
  wire.reply("+OK\r\n");
  REQUIRE(wire.calls.size() == 1);
  CHECK(wire.text() == "SET a");
  CHECK(wire.last().end_ns == 1020);
  CHECK(wire.last().request_end_ns == 1010);
  CHECK(wire.last().request_bytes == 28 + 10002);
  // The hole is told by the next piece.
  wire.request(resp({"GET", "b"}), 9902);
  wire.reply("$1\r\nx\r\n");
  CHECK(wire.text() == "GET b");
  CHECK(wire.calls.size() == 2);

  // Or at once, as bytes that passed unseen.
  wire.request(cut_set());
  wire.request("", 9902);
  CHECK(wire.decoder->pending() == 1);
  wire.reply("+OK\r\n");
  CHECK(wire.last().request_end_ns == wire.now - 10);
  // Or its end is seen again, and the next of the pipeline behind it.
  wire.request(cut_set());
  wire.request("vv\r\n" + resp({"GET", "c"}), 9898);
  wire.reply("+OK\r\n$-1\r\n");
  CHECK(wire.text() == "GET c");
  CHECK(wire.last().flags == kCallPipelined);
  CHECK(wire.calls.size() == 5);
  CHECK(wire.decoder->contradictions() == 0);
  CHECK(wire.decoder->lost_calls() == 0);
}

TEST_CASE("redis: a hole that swallows more than the argument") {
  for (const bool reply_first : {true, false}) {
    CacheWire wire(make_redis_decoder);
    wire.request(resp({"MSET", "a:1", std::string(10000, 'v'), "a:2", "w"}).substr(0, 128));
    if (reply_first) wire.reply("+OK\r\n");
    wire.request(resp({"GET", "b"}), 20000);
    if (!reply_first) wire.reply("+OK\r\n");
    wire.reply("$1\r\nx\r\n");
    CHECK(wire.summary() == "MSET a:? +0 -0\nGET b +1 -0\n");
    CHECK(wire.calls[0].flags == (reply_first ? 0 : kCallResynced));
    CHECK(wire.decoder->contradictions() == 0);
  }
}

TEST_CASE("redis: requests that were not seen are lost, and said to be") {
  CacheWire wire(make_redis_decoder);
  get_b(wire);
  wire.request("rest of something\r\n", 5000);
  wire.reply("+OK\r\n");
  CHECK(wire.calls.size() == 1);
  CHECK(wire.decoder->lost_calls() == 1);
  get_b(wire);
  CHECK(wire.calls.size() == 2);
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("redis: a hole in a long reply is skipped exactly") {
  CacheWire wire(make_redis_decoder);
  wire.request(resp({"GET", "a"}));
  wire.reply("$10000\r\nvvvv");
  wire.reply("vv\r\n", 9994);
  CHECK(wire.text() == "GET a");
  CHECK(wire.last().flags == 0);
  CHECK(wire.last().end_ns == 1030);
  CHECK(wire.last().reply_bytes == 10010);
  // The hole ends with the value, in the middle of an array.
  wire.request(resp({"MGET", "a", "b"}));
  wire.reply("*2\r\n$10000\r\nvvvv");
  wire.reply("$-1\r\n", 9998);
  CHECK(wire.last().cache_hits == 1);
  CHECK(wire.last().cache_misses == 1);
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("redis: which keys of several were found is not known when values are missing") {
  CacheWire wire(make_redis_decoder);
  wire.request(resp({"MGET", "a", "b", "c"}));
  wire.reply("*3\r\n$10000\r\nvvvv");
  wire.reply("vv\r\n", 20000);
  CHECK_FALSE(wire.decoder->busy_since());
  wire.request(resp({"LRANGE", "l", "0", "-1"}));
  CHECK(wire.last().cache_hits + wire.last().cache_misses == 0);
  CHECK(wire.last().flags == kCallResynced);
  CHECK(wire.decoder->lost_calls() == 1);
  // A list that has elements is there.
  wire.reply("*3\r\n$10000\r\nvvvv");
  wire.reply("vv\r\n", 20000);
  wire.request(resp({"PING"}));
  wire.reply("+PONG\r\n");
  CHECK(wire.calls[1].cache_hits == 1);
  CHECK(wire.decoder->lost_calls() == 1);
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("redis: the end of a reply is never seen") {
  CacheWire wire(make_redis_decoder);
  wire.request(resp({"GET", "a"}));
  wire.reply("$10000\r\nvvvv");
  CHECK(wire.decoder->busy_since() == 1010);
  wire.request(resp({"GET", "b"}));
  REQUIRE(wire.calls.size() == 1);
  CHECK(wire.last().end_ns == 1020);
  CHECK(wire.last().flags == kCallResynced);
  CHECK(wire.last().cache_hits == 1);
  SECTION("the hole is told") {
    wire.reply("$-1\r\n", 9998);
    CHECK(wire.calls.size() == 2);
    CHECK(wire.last().cache_misses == 1);
    CHECK(wire.last().first_read_ns == wire.now);
  }
  SECTION("the rest comes after all: the client does not wait for replies") {
    wire.reply(std::string(9996, 'v') + "\r\n");
    CHECK(wire.calls.size() == 1);
    wire.reply("$-1\r\n");
    CHECK(wire.calls.size() == 2);
  }
  SECTION("the connection ends") {
    wire.close();
    CHECK(wire.last().outcome == Outcome::kAborted);
  }
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("redis: the middle of a large array is missing") {
  CacheWire wire(make_redis_decoder);
  wire.request(resp({"LRANGE", "l", "0", "-1"}));
  wire.reply("*5000\r\n$10\r\n0123456789\r\n$10\r\n0123");
  wire.reply("$10\r\n0123456789\r\n$10\r\n012345", 16000);
  CHECK(wire.decoder->busy_since());
  wire.reply("56789\r\n$10\r\n0123456789\r\n", 16000);
  // It looks like the end; only the next request makes it certain.
  CHECK_FALSE(wire.decoder->busy_since());
  CHECK(wire.calls.empty());
  get_b(wire);
  REQUIRE(wire.calls.size() == 2);
  CHECK(wire.text(0) == "LRANGE l");
  CHECK(wire.calls[0].flags == kCallResynced);
  CHECK(wire.calls[0].end_ns == 1040);
  CHECK(wire.calls[0].first_read_ns == 1020);
  CHECK(wire.calls[0].rows == 5000);
  CHECK(wire.calls[0].cache_hits == 1);
  CHECK(wire.text(1) == "GET b");
  CHECK(wire.calls[1].flags == 0);
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("redis: the beginning of a reply is missing") {
  CacheWire wire(make_redis_decoder);
  wire.request(resp({"GET", "a"}));
  wire.reply("", 100);
  CHECK(wire.calls.empty());
  get_b(wire);
  REQUIRE(wire.calls.size() == 2);
  CHECK(wire.calls[0].flags == kCallResynced);
  CHECK(wire.calls[0].first_read_ns == 1020);
  CHECK(wire.calls[0].end_ns == 1020);
  CHECK(wire.calls[0].reply_bytes == 100);
  CHECK(wire.calls[0].cache_hits + wire.calls[0].cache_misses == 0);
}

TEST_CASE("redis: replies of a pipeline are missing") {
  CacheWire wire(make_redis_decoder);
  std::string requests;
  for (int i = 0; i < 100; i++) requests += resp({"GET", "a:" + std::to_string(i)});
  wire.request(requests);
  wire.reply("$1\r\nx\r\n$1\r\nx\r\n$100\r\nxxx");
  wire.reply("xxx\r\n", 5000);
  CHECK(wire.calls.size() == 3);
  CHECK(wire.last().flags == (kCallPipelined | kCallResynced));
  get_b(wire);
  CHECK(wire.calls.size() == 101);
  CHECK(wire.calls[50].end_ns == 1030);
  CHECK((wire.calls[50].flags & kCallResynced) != 0);
  CHECK(wire.text() == "GET b");
  CHECK(wire.last().flags == 0);
  CHECK(wire.decoder->lost_calls() == 97);

  // Of two that were not written together it is not known which was answered when.
  wire.request(resp({"GET", "c"}));
  wire.request(resp({"GET", "d"}));
  wire.reply("x\r\n", 20);
  wire.request(resp({"GET", "e"}));
  CHECK(wire.decoder->lost_calls() == 99);
  CHECK(wire.text() == "GET d");
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("redis: a transaction whose end was missed is over") {
  CacheWire wire(make_redis_decoder);
  wire.request(resp({"MULTI"}) + resp({"GET", "a"}) + resp({"EXEC"}));
  wire.reply("+OK\r\n+QUEUED\r\n");
  wire.reply("xx\r\n", 20);
  get_b(wire);
  CHECK(wire.last().transaction == Transaction::kNone);
  CHECK(wire.last().cache_hits == 1);
}

TEST_CASE("redis: connections that are older than the profiler") {
  SECTION("between two calls") {
    CacheWire wire(make_redis_decoder, false);
    get_b(wire);
    CHECK(wire.summary() == "GET b +1 -0\n");
  }
  SECTION("amid a request") {
    CacheWire wire(make_redis_decoder, false);
    wire.request("ue\r\n$1\r\nx\r\n");
    wire.reply("+OK\r\n");
    get_b(wire);
    CHECK(wire.summary() == "GET b +1 -0\n");
  }
  SECTION("amid a reply") {
    CacheWire wire(make_redis_decoder, false);
    wire.reply("lo\r\n$5\r\nhello\r\n");
    get_b(wire);
    CHECK(wire.summary() == "GET b +1 -0\n");
  }
  SECTION("an inline command") {
    CacheWire wire(make_redis_decoder, false);
    wire.request("howdy world\r\n");
    wire.request("ping\r\n");
    wire.reply("+PONG\r\n");
    CHECK(wire.summary() == "PING +0 -0\n");
  }
  SECTION("within a transaction") {
    CacheWire wire(make_redis_decoder, false);
    wire.request(resp({"GET", "a"}));
    wire.reply("+QUEUED\r\n");
    CHECK(wire.last().transaction == Transaction::kOpen);
    wire.request(resp({"EXEC"}));
    wire.reply("*2\r\n$-1\r\n$-1\r\n");
    CHECK(wire.last().cache_misses == 1);
  }
  SECTION("a subscriber") {
    CacheWire wire(make_redis_decoder, false);
    wire.reply("*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nb\r\n");
    CHECK(wire.calls.empty());
    CHECK(wire.decoder->contradictions() == 0);
  }
}

TEST_CASE("redis: bytes that are not the protocol") {
  CacheWire wire(make_redis_decoder);
  wire.request("*1\r\n#4\r\nPING\r\n");
  CHECK(wire.decoder->contradictions() == 1);
  get_b(wire);
  CHECK(wire.text() == "GET b");
  wire.request(resp({"GET", "a"}));
  wire.reply("HTTP/1.1 200 OK\r\n");
  CHECK(wire.decoder->contradictions() == 2);
  get_b(wire);
  CHECK(wire.text() == "GET b");
  CHECK(wire.calls.size() == 3);
  CHECK(wire.calls[1].flags == kCallResynced);
  wire.reply("+unasked\r\n");
  CHECK(wire.decoder->lost_calls() == 1);
  for (const char* reply :
       {"$x\r\n", "*99999999999\r\n", "$5\r\nhelloXX", "$-2\r\n", "#t\n", "?\r\n"}) {
    wire.request(resp({"GET", "a"}));
    wire.reply(reply);
    get_b(wire);
    CHECK(wire.text() == "GET b");
  }
  std::string deep;
  for (int i = 0; i < 1000; i++) deep += "*1\r\n";
  wire.request(resp({"GET", "a"}));
  wire.reply(deep);
  get_b(wire);
  CHECK(wire.text() == "GET b");
}

}  // namespace culprit
