// SPDX-License-Identifier: Apache-2.0
#include "protocol/memcached.h"

#include "unit/protocol/cache_wire.h"

namespace culprit {
namespace {

std::string big_endian(std::uint64_t number, int size) {
  std::string bytes;
  for (int i = size - 1; i >= 0; i--) bytes += static_cast<char>(number >> (8 * i));
  return bytes;
}

std::string binary(char magic, std::uint8_t opcode, std::string_view extras, std::string_view key,
                   std::string_view value, std::uint32_t opaque, std::uint16_t status = 0) {
  std::string bytes{magic, static_cast<char>(opcode)};
  bytes += big_endian(key.size(), 2) + big_endian(extras.size(), 1) + big_endian(0, 1);
  bytes += big_endian(status, 2) + big_endian(extras.size() + key.size() + value.size(), 4);
  bytes += big_endian(opaque, 4) + big_endian(0, 8);
  return bytes.append(extras).append(key).append(value);
}

std::string ask(std::uint8_t opcode, std::string_view key, std::uint32_t opaque,
                std::string_view extras = "", std::string_view value = "") {
  return binary('\x80', opcode, extras, key, value, opaque);
}

std::string tell(std::uint8_t opcode, std::uint32_t opaque, std::uint16_t status = 0,
                 std::string_view key = "", std::string_view value = "") {
  return binary('\x81', opcode, "", key, value, opaque, status);
}

/// "GET user:? +1 -0" and the rows of one text request.
std::string exchange(std::string_view request, std::string_view reply) {
  CacheWire wire(make_memcached_decoder);
  wire.request(request);
  wire.reply(reply);
  REQUIRE(wire.calls.size() == 1);
  CHECK(wire.decoder->contradictions() == 0);
  CHECK(wire.decoder->pending() == 0);
  std::string text = wire.summary();
  text.pop_back();
  if (wire.last().outcome == Outcome::kError) text += std::string(" ") + wire.last().error.data();
  if (wire.last().rows != kUnknownCount) text += " rows " + std::to_string(wire.last().rows);
  return text;
}

}  // namespace

TEST_CASE("memcached: hits, misses and several keys") {
  CHECK(exchange("get user:1\r\n", "VALUE user:1 0 2\r\nhi\r\nEND\r\n") ==
        "GET user:? +1 -0 rows 1");
  CHECK(exchange("get user:1\r\n", "END\r\n") == "GET user:? +0 -1 rows 0");
  CHECK(exchange("gets a b c\r\n", "VALUE a 0 0 7\r\n\r\nVALUE c 0 2 8\r\nhi\r\nEND\r\n") ==
        "GETS a +2 -1 rows 2");
  CHECK(exchange("gat 30 a b\r\n", "VALUE a 0 1\r\nx\r\nEND\r\n") == "GAT a +1 -1 rows 1");
  CHECK(exchange("gats 30 a\r\n", "END\r\n") == "GATS a +0 -1 rows 0");
  CHECK(exchange("get a\n", "END\r\n") == "GET a +0 -1 rows 0");
  // A value may contain what looks like an end.
  CHECK(exchange("get a\r\n", "VALUE a 0 7\r\nEND\r\nEN\r\nEND\r\n") == "GET a +1 -0 rows 1");
  std::string many = "get";
  for (int i = 0; i < 100; i++) many += " key:" + std::to_string(i);
  CHECK(exchange(many + "\r\n", "END\r\n") == "GET key:? +0 -100 rows 0");
  CHECK(exchange("get " + std::string(250, 'x') + "\r\n", "END\r\n") == "GET ? +0 -1 rows 0");
}

TEST_CASE("memcached: other commands") {
  CHECK(exchange("set user:1 0 0 2\r\nhi\r\n", "STORED\r\n") == "SET user:? +0 -0");
  CHECK(exchange("add a 0 0 5\r\nge\r\nt\r\n", "NOT_STORED\r\n") == "ADD a +0 -0");
  CHECK(exchange("cas a 0 0 2 99\r\nhi\r\n", "EXISTS\r\n") == "CAS a +0 -0");
  CHECK(exchange("delete a\r\n", "NOT_FOUND\r\n") == "DELETE a +0 -0");
  CHECK(exchange("incr a 5\r\n", "15\r\n") == "INCR a +0 -0");
  CHECK(exchange("touch a 5\r\n", "TOUCHED\r\n") == "TOUCH a +0 -0");
  CHECK(exchange("version\r\n", "VERSION 1.6.18\r\n") == "VERSION +0 -0");
  CHECK(exchange("stats\r\n", "STAT pid 1\r\nSTAT uptime 2\r\nEND\r\n") == "STATS +0 -0 rows 2");
  CHECK(exchange("stats reset\r\n", "RESET\r\n") == "STATS +0 -0");
  CHECK(exchange("flush_all\r\n", "OK\r\n") == "FLUSH_ALL +0 -0");
  CHECK(exchange("lru_crawler metadump all\r\n", "key=a exp=-1\nkey=b exp=1\nEND\r\n") ==
        "LRU_CRAWLER +0 -0 rows 2");
}

TEST_CASE("memcached: errors") {
  CHECK(exchange("gets\r\n", "ERROR\r\n") == "GETS +0 -0 ERROR");
  CHECK(exchange("get a\r\n", "SERVER_ERROR out of memory\r\n") == "GET a +0 -0 SERVER_ERROR");
  CHECK(exchange("set a 0 0 x\r\n", "CLIENT_ERROR bad command line format\r\n") ==
        "SET a +0 -0 CLIENT_ERROR");
  // An unknown command may be anything, a value for example.
  CHECK(exchange("hunter2 a\r\n", "ERROR\r\n") == "? +0 -0 ERROR");
}

TEST_CASE("memcached: what gets no reply is over when it is written") {
  CacheWire wire(make_memcached_decoder);
  wire.request("set a 0 0 2 noreply\r\nhi\r\ndelete b noreply\r\nget c\r\n");
  CHECK(wire.summary() == "SET a +0 -0\nDELETE b +0 -0\n");
  CHECK(wire.last().end_ns == wire.last().request_end_ns);
  CHECK(wire.decoder->pending() == 1);
  wire.reply("END\r\n");
  CHECK(wire.text() == "GET c");
  wire.request("set a 0 0 9999999 noreply\r\n");
  wire.request("\r\n", 9999999);
  wire.reply("SERVER_ERROR object too large for cache\r\n");
  wire.request("quit\r\n");
  CHECK(wire.text() == "QUIT");
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("memcached: meta commands") {
  CHECK(exchange("mg user:1 v t\r\n", "VA 2 t-1\r\nhi\r\n") == "MG user:? +1 -0 rows 1");
  CHECK(exchange("mg user:1\r\n", "HD\r\n") == "MG user:? +1 -0 rows 1");
  CHECK(exchange("mg user:1 v\r\n", "EN\r\n") == "MG user:? +0 -1 rows 0");
  CHECK(exchange("ms a 2 T0\r\nhi\r\n", "HD\r\n") == "MS a +0 -0");
  CHECK(exchange("md a\r\n", "NF\r\n") == "MD a +0 -0");
  CHECK(exchange("ma n v\r\n", "VA 1\r\n5\r\n") == "MA n +0 -0");
  CHECK(exchange("me a\r\n", "ME a exp=-1 la=0\r\n") == "ME a +0 -0");
  CHECK(exchange("mn\r\n", "MN\r\n") == "MN +0 -0");
  CHECK(exchange("ms a S2\r\n", "CLIENT_ERROR bad data\r\n") == "MS a +0 -0 CLIENT_ERROR");
}

TEST_CASE("memcached: quiet meta commands are told by the next that is answered") {
  CacheWire wire(make_memcached_decoder);
  wire.request("mg a:1 v q\r\nmg a:2 v q k\r\nmg a:3 q O7\r\nms b 2 q\r\nhi\r\nmd c q\r\nmn\r\n");
  CHECK(wire.decoder->pending() == 6);
  CHECK(wire.decoder->busy_since() == 1010);
  wire.reply("VA 2 ka:2\r\nhi\r\n");
  CHECK(wire.calls.size() == 2);
  wire.reply("NS\r\n");
  wire.reply("MN\r\n");
  CHECK(wire.summary() ==
        "MG a:? +0 -1\nMG a:? +1 -0\nMG a:? +0 -1\nMS b +0 -0\nMD c +0 -0\nMN +0 -0\n");
  CHECK(wire.calls[0].end_ns == 1020);
  CHECK(wire.calls[0].reply_bytes == 0);
  CHECK(wire.calls[3].reply_bytes == 4);
  CHECK(wire.calls[4].end_ns == wire.now);
  // One that is never answered keeps nobody busy.
  wire.request("md c q\r\n");
  CHECK_FALSE(wire.decoder->busy_since());
  wire.close();
  CHECK(wire.last().outcome == Outcome::kAborted);
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("memcached: which quiet command a reply is for") {
  CacheWire wire(make_memcached_decoder);
  wire.request("mg a v q\r\nms b 1 q\r\nx\r\nma c q\r\nmd d q\r\nmn\r\n");
  SECTION("a value is not for what stores or deletes") {
    wire.reply("VA 1\r\nx\r\nMN\r\n");
    CHECK(wire.summary() == "MG a +1 -0\nMS b +0 -0\nMA c +0 -0\nMD d +0 -0\nMN +0 -0\n");
  }
  SECTION("nor is a hit without a value") {
    wire.reply("HD\r\nMN\r\n");
    CHECK(wire.summary() == "MG a +1 -0\nMS b +0 -0\nMA c +0 -0\nMD d +0 -0\nMN +0 -0\n");
  }
  SECTION("what tells that nothing was done is not for a get") {
    for (const char* reply : {"NS\r\n", "NF\r\n", "EX\r\n"}) {
      wire.reply(reply);
    }
    wire.reply("MN\r\n");
    CHECK(wire.summary() == "MG a +0 -1\nMS b +0 -0\nMA c +0 -0\nMD d +0 -0\nMN +0 -0\n");
    CHECK(wire.calls[0].reply_bytes == 0);
    CHECK(wire.calls[1].reply_bytes == 4);
  }
  SECTION("an error is for the first") {
    wire.reply("SERVER_ERROR out of memory\r\nMN\r\n");
    CHECK(wire.calls[0].outcome == Outcome::kError);
    CHECK(wire.calls.size() == 5);
  }
  CHECK(wire.decoder->pending() == 0);
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("memcached: a reply is not for what was asked after it had begun") {
  CacheWire wire(make_memcached_decoder);
  wire.request("mg a v q\r\nmg c v q\r\n");
  wire.reply("N");
  wire.request("mg b v q\r\n");
  wire.reply("S\r\n");
  CHECK(wire.summary() == "MG a +0 -1\nMG c +0 -1\n");
  CHECK(wire.last().end_ns >= wire.last().start_ns);
  CHECK(wire.decoder->pending() == 1);
  CHECK(wire.decoder->contradictions() == 1);
  wire.reply("VA 1\r\nx\r\n");
  CHECK(wire.text() == "MG b");
  CHECK(wire.last().cache_hits == 1);
}

TEST_CASE("memcached: the binary protocol") {
  CacheWire wire(make_memcached_decoder);
  const std::string flags(4, '\0'), store(8, '\0');
  wire.request(ask(0x00, "user:1", 5));
  wire.reply(binary('\x81', 0x00, flags, "", "hi", 5));
  wire.request(ask(0x0c, "user:2", 6));
  wire.reply(tell(0x0c, 6, 1, "", "Not found"));
  wire.request(ask(0x01, "user:3", 7, store, "value"));
  wire.reply(tell(0x01, 7));
  wire.request(ask(0x04, "user:3", 8));
  wire.reply(tell(0x04, 8, 1, "", "Not found"));
  wire.request(ask(0x1d, "user:4", 9, flags));
  wire.reply(binary('\x81', 0x1d, flags, "", "hi", 9));
  wire.request(ask(0x0b, "", 10));
  wire.reply(tell(0x0b, 10, 0, "", "1.6.18"));
  CHECK(wire.summary() ==
        "GET user:? +1 -0\nGET user:? +0 -1\nSET user:? +0 -0\nDELETE user:? +0 -0\n"
        "GAT user:? +1 -0\nVERSION +0 -0\n");
  for (const Call& call : wire.calls) CHECK(call.outcome == Outcome::kOk);

  wire.request(ask(0x10, "", 11));
  wire.reply(tell(0x10, 11, 0, "pid", "1") + tell(0x10, 11, 0, "uptime", "2") + tell(0x10, 11));
  CHECK(wire.calls.size() == 7);
  CHECK(wire.last().rows == 2);
  wire.request(ask(0x77, "", 12));
  wire.reply(tell(0x77, 12, 0x81, "", "Unknown command"));
  CHECK(wire.text() == "?");
  CHECK(std::string(wire.last().error.data()) == "0x0081");
  wire.request(ask(0x21, "PLAIN", 13, "", std::string_view("\0user\0hunter2", 13)));
  wire.reply(tell(0x21, 13, 0, "", "Authenticated"));
  CHECK(wire.text() == "SASL_AUTH");
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("memcached: quiet operations of the binary protocol") {
  CacheWire wire(make_memcached_decoder);
  const std::string store(8, '\0');
  wire.request(ask(0x09, "a:1", 1) + ask(0x0d, "a:2", 2) + ask(0x11, "b", 3, store, "value") +
               ask(0x09, "a:3", 4) + ask(0x0a, "", 5));
  wire.reply(tell(0x0d, 2, 0, "a:2", "hi") + tell(0x0a, 5));
  CHECK(wire.summary() == "GET a:? +0 -1\nGET a:? +1 -0\nSET b +0 -0\nGET a:? +0 -1\nNOOP +0 -0\n");
  wire.request(ask(0x17, "", 6));
  CHECK(wire.text() == "QUIT");
  CHECK(wire.decoder->pending() == 0);
}

TEST_CASE("memcached: bytes may be cut anywhere") {
  const std::string text =
      "get a:1 a:2\r\nset b 0 0 4\r\na\r\nb\r\nmg c v q k\r\nmn\r\nincr n 1\r\n";
  const std::string text_reply =
      "VALUE a:2 0 4\r\nEND\r\r\nEND\r\nSTORED\r\nVA 1 kc\r\nx\r\nMN\r\n12\r\n";
  const std::string binaries = ask(0x09, "a:1", 1) + ask(0x01, "b", 2, "12345678", "value");
  const std::string binary_reply = tell(0x09, 1, 0, "", "hi") + tell(0x01, 2);
  for (const auto& [request, reply, summary] :
       {std::tuple(text, text_reply,
                   "GET a:? +1 -1\nSET b +0 -0\nMG c +1 -0\nMN +0 -0\nINCR n +0 -0\n"),
        std::tuple(binaries, binary_reply, "GET a:? +1 -0\nSET b +0 -0\n")}) {
    for (std::size_t i = 0; i <= request.size(); i++) {
      for (std::size_t j = 0; j <= reply.size(); j++) {
        CacheWire wire(make_memcached_decoder);
        wire.request(request.substr(0, i));
        wire.request(request.substr(i));
        wire.reply(reply.substr(0, j));
        wire.reply(reply.substr(j));
        REQUIRE(wire.summary() == summary);
        REQUIRE(wire.decoder->contradictions() == 0);
      }
    }
  }
}

TEST_CASE("memcached: pipelines") {
  CacheWire wire(make_memcached_decoder);
  std::string requests, replies;
  for (int i = 0; i < 1000; i++) {
    requests += "get a:" + std::to_string(i) + "\r\n";
    replies += "END\r\n";
  }
  wire.request(requests);
  CHECK(wire.decoder->pending() == 1000);
  wire.reply(replies);
  CHECK(wire.calls.size() == 1000);
  CHECK(wire.last().flags == kCallPipelined);
  CHECK(wire.books.queries.size() == 1);
}

TEST_CASE("memcached: bytes are missing") {
  CacheWire wire(make_memcached_decoder);
  SECTION("in a value that is stored") {
    wire.request("set a 0 0 10000\r\nvvvv");
    wire.reply("STORED\r\n");
    CHECK(wire.text() == "SET a");
    CHECK(wire.last().request_bytes == 17 + 10002);
    wire.request("get b\r\n", 9998);
    wire.reply("END\r\n");
    CHECK(wire.text() == "GET b");
    CHECK(wire.calls.size() == 2);
  }
  SECTION("in a value that is fetched") {
    wire.request("get a b\r\n");
    wire.reply("VALUE a 0 10000\r\nvvvv");
    wire.reply("vv\r\nEND\r\n", 9994);
    CHECK(wire.summary() == "GET a +1 -1\n");
    CHECK(wire.last().flags == 0);
  }
  SECTION("at the end of a reply") {
    wire.request("get a\r\n");
    wire.reply("VALUE a 0 10000\r\nvvvv");
    wire.request("get b\r\n");
    CHECK(wire.summary() == "GET a +1 -0\n");
    CHECK(wire.last().flags == kCallResynced);
    wire.reply("END\r\n", 10003);
    CHECK(wire.summary() == "GET a +1 -0\nGET b +0 -1\n");
  }
  SECTION("over several values") {
    wire.request("get a b c\r\n");
    wire.reply("VALUE a 0 10000\r\nvvvv");
    wire.reply("vv\r\nEND\r\n", 20000);
    CHECK_FALSE(wire.decoder->busy_since());
    wire.request("get d\r\n");
    wire.reply("END\r\n");
    CHECK(wire.summary() == "GET a +0 -0\nGET d +0 -1\n");
    CHECK(wire.calls[0].flags == kCallResynced);
    CHECK(wire.calls[0].end_ns == 1030);
    CHECK(wire.calls[0].rows == kUnknownCount);
    CHECK(wire.decoder->lost_calls() == 1);
  }
  SECTION("behind the last of several values") {
    wire.request("get a b\r\n");
    wire.reply("VALUE a 0 1\r\nv\r\nVALUE b 0 10000\r\nvvvv");
    wire.reply("", 10003);
    wire.request("get d\r\n");
    wire.reply("END\r\n");
    CHECK(wire.summary() == "GET a +2 -0\nGET d +0 -1\n");
    CHECK(wire.calls[0].rows == 2);
    CHECK(wire.decoder->lost_calls() == 0);
  }
  SECTION("after a first value, and of the next one nothing was seen") {
    wire.request("get a b\r\n");
    wire.reply("VALUE a 0 1\r\nv\r\n");
    wire.request("get d\r\n");
    CHECK(wire.summary() == "GET a +0 -0\n");
    CHECK(wire.decoder->lost_calls() == 1);
  }
  SECTION("in a long line") {
    wire.request("get a:1 a:2 a:3 a");
    wire.reply("END\r\n");
    CHECK(wire.text() == "GET a:?");
    wire.request("get b\r\n", 500);
    wire.reply("END\r\n");
    CHECK(wire.text() == "GET b");
  }
  SECTION("in the binary protocol") {
    wire.request(ask(0x01, "a", 1, "12345678", std::string(1000, 'v')).substr(0, 100));
    wire.reply(tell(0x01, 1));
    CHECK(wire.text() == "SET a");
    wire.request(ask(0x00, "b", 2), 24 + 8 + 1 + 1000 - 100);
    wire.reply(tell(0x00, 2, 0, "", std::string(1000, 'v')).substr(0, 50));
    wire.reply("vvvv", 24 + 1000 - 54);
    CHECK(wire.summary() == "SET a +0 -0\nGET b +1 -0\n");
  }
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("memcached: connections that are older than the profiler") {
  CacheWire wire(make_memcached_decoder, false);
  wire.reply("alue\r\nEND\r\n");
  wire.request("est of a value\r\n");
  wire.reply("STORED\r\n");
  CHECK(wire.calls.empty());
  wire.request("get a\r\n");
  wire.reply("END\r\n");
  CHECK(wire.summary() == "GET a +0 -1\n");
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("memcached: bytes that are not the protocol") {
  CacheWire wire(make_memcached_decoder);
  const auto recovers = [&wire] {
    wire.request("get b\r\n");
    wire.reply("END\r\n");
    CHECK(wire.text() == "GET b");
    CHECK(wire.last().flags == 0);
  };
  for (const char* reply : {"HTTP/1.1 200 OK\r\n", "VALUE a 0 x\r\n", "VALUE a 0 1\r\nxyz",
                            "VA\r\n", "VALUE a 0 99999999999\r\n", "\r\n"}) {
    const std::uint64_t before = wire.decoder->contradictions();
    wire.request("get a\r\n");
    wire.reply(reply);
    CHECK(wire.decoder->contradictions() == before + 1);
    recovers();
  }
  std::string header = ask(0x00, "key", 1);
  header[8] = '\x7f';
  header[4] = '\x7f';
  header[2] = '\xff';
  header[8] = '\xff';
  wire.request(header);
  CHECK(wire.decoder->contradictions() == 7);
  recovers();
  wire.request("get a\r\n");
  wire.reply("OK\r\nOK\r\n");
  CHECK(wire.decoder->lost_calls() == 7);  // six were answered by what is no reply
  recovers();
}

TEST_CASE("memcached: a log that is watched is no reply") {
  CacheWire wire(make_memcached_decoder);
  wire.request("watch fetchers\r\n");
  wire.reply("OK\r\n");
  CHECK(wire.last().flags == kCallWaits);
  wire.reply("ts=1 gid=1 type=item_get key=secret\n");
  CHECK(wire.calls.size() == 1);
  CHECK(wire.decoder->contradictions() == 0);
}

}  // namespace culprit
