// SPDX-License-Identifier: Apache-2.0
#include "unit/protocol/cache_wire.h"

namespace culprit {
namespace {

std::string text_of(const std::vector<std::string>& request) {
  CacheWire wire(make_redis_decoder);
  wire.request(resp(request));
  wire.reply("+OK\r\n");
  return wire.text();
}

std::string text_of_inline(std::string_view line) {
  CacheWire wire(make_redis_decoder);
  wire.request(line);
  wire.reply("+OK\r\n");
  return wire.text();
}

}  // namespace

TEST_CASE("redis: texts are commands and patterns of keys") {
  CHECK(text_of({"hgetall", "session:99"}) == "HGETALL session:?");
  CHECK(text_of({"MGET", "12", "x"}) == "MGET ?");
  CHECK(text_of({"DBSIZE"}) == "DBSIZE");
  CHECK(text_of({"config", "get", "maxmemory"}) == "CONFIG GET");
  CHECK(text_of({"CLIENT", "LIST"}) == "CLIENT LIST");
  CHECK(text_of({"CLIENT", "KILL", "ADDR", "10.0.0.1:1"}) == "CLIENT KILL");
  CHECK(text_of({"OBJECT", "encoding", "user:1"}) == "OBJECT ENCODING user:?");
  CHECK(text_of({"MEMORY", "USAGE", "user:1"}) == "MEMORY USAGE user:?");
  CHECK(text_of({"ZUNION", "2", "z:1", "z:2"}) == "ZUNION z:?");
  CHECK(text_of({"BITOP", "AND", "dest", "src:1"}) == "BITOP src:?");
  CHECK(text_of({"FCALL", "my_function", "1", "k"}) == "FCALL my_function");
  CHECK(text_of({"EVALSHA", "6b1bf486c81ceb7edf3c093f4c48582e38c0e791", "1", "k", "v"}) ==
        "EVALSHA 6b1bf486");
  CHECK(text_of({"GET"}) == "GET");
  std::vector<std::string> many{"RPUSH", "list:1"};
  for (int i = 0; i < 98; i++) many.push_back("value " + std::to_string(i));
  CHECK(text_of(many) == "RPUSH list:?");
}

TEST_CASE("redis: names of unknown commands are bounded") {
  CHECK(text_of({"FT.SEARCH", "index", "secret"}) == "FT.SEARCH");
  CHECK(text_of({"no such command"}) == "?");
  CHECK(text_of({std::string(33, 'A')}) == "?");
  CHECK(text_of({std::string(300, 'A')}) == "?");
  CHECK(text_of({""}) == "?");
  CHECK(text_of({std::string("GET\0", 4), "x"}) == "?");
  CHECK(text_of({"CONFIG", std::string("x\x01y")}) == "CONFIG ?");
}

TEST_CASE("redis: inline commands") {
  CHECK(text_of_inline("PING\r\n") == "PING");
  CHECK(text_of_inline("  get   user:12  \n") == "GET user:?");
  CHECK(text_of_inline("\r\n\nset user:1 hello world\r\n") == "SET user:?");
  CHECK(text_of_inline("config get maxmemory\r\n") == "CONFIG GET");
  CHECK(text_of_inline("correct-horse-battery-staple\r\n") == "?");
  CHECK(text_of_inline("*0\r\n*-1\r\nPING\r\n") == "PING");
  CHECK(text_of_inline("GET user:" + std::string(5000, 'x') + "\r\n") == "GET user:?");

  CacheWire wire(make_redis_decoder);
  wire.request(std::string(70000, 'x'));
  CHECK(wire.decoder->contradictions() == 1);
}

TEST_CASE("redis: nothing secret is kept") {
  CacheWire wire(make_redis_decoder);
  for (const auto& request : std::vector<std::vector<std::string>>{
           {"AUTH", "hunter2"},
           {"AUTH", "hunter2", "hunter2"},
           {"HELLO", "3", "AUTH", "hunter2", "hunter2", "SETNAME", "hunter2"},
           {"ACL", "SETUSER", "hunter2", ">hunter2"},
           {"CONFIG", "SET", "requirepass", "hunter2"},
           {"SET", "k", "hunter2"},
           {"HSET", "k", "hunter2", "hunter2"},
           {"EVAL", "return 'hunter2'", "1", "hunter2"},
           {"EVALSHA", "6b1bf486", "1", "hunter2"},
           {"MIGRATE", "h", "1", "k", "0", "9", "AUTH", "hunter2"},
           {"CLIENT", "SETNAME", "hunter2"},
           {"ECHO", "hunter2"},
           {"HUNTED", "hunter2"}}) {
    wire.request(resp(request));
    wire.reply("-hunter2\r\n");
  }
  wire.request("AUTH hunter2\r\n");
  wire.reply("+hunter2\r\n");
  REQUIRE(wire.calls.size() == 14);
  for (const QueryText& text : wire.books.queries.take_new()) {
    CHECK(text.text.find("hunter2") == std::string::npos);
    CHECK(text.operation.find("hunter2") == std::string::npos);
  }
  CHECK(wire.text(3) == "ACL SETUSER");
  CHECK(wire.text(7) == "EVAL");
  for (const Call& call : wire.calls) {
    CHECK(std::string(call.error.data()).find("hunter2") == std::string::npos);
  }
}

}  // namespace culprit
