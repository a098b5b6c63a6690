// SPDX-License-Identifier: Apache-2.0
#include "protocol/redis.h"

#include "unit/protocol/cache_wire.h"

namespace culprit {

TEST_CASE("redis: a call has its text, its times and its bytes") {
  CacheWire wire(make_redis_decoder);
  wire.request(resp({"get", "user:42"}));
  CHECK(wire.decoder->busy_since() == 1010);
  CHECK(wire.decoder->pending() == 1);
  wire.reply("$5\r\nhel");
  CHECK(wire.calls.empty());
  wire.reply("lo\r\n");
  REQUIRE(wire.calls.size() == 1);
  const Call& call = wire.last();
  CHECK(wire.text() == "GET user:?");
  CHECK(wire.books.queries.find(call.query)->operation == "GET");
  CHECK(call.start_ns == 1010);
  CHECK(call.request_end_ns == 1010);
  CHECK(call.arrived_ns == 1017);
  CHECK(call.first_read_ns == 1020);
  CHECK(call.end_ns == 1030);
  CHECK(call.request_bytes == 26);
  CHECK(call.reply_bytes == 11);
  CHECK(call.tid == 7);
  CHECK(call.reply_tid == 8);
  CHECK(call.cache_hits == 1);
  CHECK(call.cache_misses == 0);
  CHECK(call.rows == kUnknownCount);
  CHECK(call.flags == 0);
  CHECK(call.outcome == Outcome::kOk);
  CHECK(call.transaction == Transaction::kNone);
  CHECK_FALSE(wire.decoder->busy_since());
  CHECK(wire.decoder->pending() == 0);
}

TEST_CASE("redis: bytes may be cut anywhere") {
  const std::string request = resp({"SET", "user:1", "some value"}) + "PING\r\n" +
                              resp({"MGET", "a:1", "a:2"}) + resp({"XINFO", "STREAM", "s:1"});
  const std::string reply =
      "+OK\r\n+PONG\r\n*2\r\n$-1\r\n$3\r\nabc\r\n%1\r\n+length\r\n|1\r\n+a\r\n:1\r\n*1\r\n#t\r\n";
  for (std::size_t i = 0; i <= request.size(); i++) {
    for (std::size_t j = 0; j <= reply.size(); j++) {
      CacheWire wire(make_redis_decoder);
      wire.request(request.substr(0, i));
      wire.request(request.substr(i));
      wire.reply(reply.substr(0, j));
      wire.reply(reply.substr(j));
      REQUIRE(wire.summary() ==
              "SET user:? +0 -0\nPING +0 -0\nMGET a:? +1 -1\nXINFO STREAM s:? +1 -0\n");
      REQUIRE(wire.decoder->contradictions() == 0);
    }
  }
  CacheWire wire(make_redis_decoder);
  for (const char& byte : request) wire.request({&byte, 1});
  for (const char& byte : reply) wire.reply({&byte, 1});
  CHECK(wire.calls.size() == 4);
  CHECK(wire.calls[2].rows == 2);
  CHECK(wire.calls[3].rows == 1);
}

TEST_CASE("redis: pipelines") {
  for (const int count : {1, 2, 1000}) {
    CacheWire wire(make_redis_decoder);
    std::string requests, replies;
    for (int i = 0; i < count; i++) {
      requests += resp({"INCR", "n:" + std::to_string(i)});
      replies += ":" + std::to_string(i) + "\r\n";
    }
    wire.request(requests);
    CHECK(wire.decoder->pending() == static_cast<std::size_t>(count));
    wire.reply(replies.substr(0, replies.size() / 2));
    wire.reply(replies.substr(replies.size() / 2));
    REQUIRE(wire.calls.size() == static_cast<std::size_t>(count));
    CHECK(wire.calls[0].flags == 0);
    CHECK(wire.text(0) == "INCR n:?");
    CHECK(wire.last().flags == (count > 1 ? kCallPipelined : 0));
    CHECK(wire.decoder->lost_calls() == 0);
  }
}

TEST_CASE("redis: more unanswered requests than there is room for are lost, not mixed up") {
  CacheWire wire(make_redis_decoder);
  std::string requests, replies;
  for (int i = 0; i < 5000; i++) {
    requests += resp({"GET", "a"});
    replies += "$-1\r\n";
  }
  wire.request(requests);
  CHECK(wire.decoder->pending() == 4096);
  CHECK(wire.decoder->lost_calls() == 904);
  wire.reply(replies);
  CHECK(wire.calls.size() == 4096);
  wire.request(resp({"STRLEN", "b"}));
  wire.reply(":3\r\n");
  CHECK(wire.text() == "STRLEN b");
  CHECK(wire.last().cache_hits == 1);
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("redis: hits and misses are those that the server counts") {
  struct Case {
    std::vector<std::string> request;
    std::string reply;
    std::uint32_t hits, misses;
  };
  const std::string wrong = "-WRONGTYPE Operation against a key\r\n";
  for (const Case& c : std::vector<Case>{
           {{"GET", "k"}, "$-1\r\n", 0, 1},
           {{"GET", "k"}, "_\r\n", 0, 1},
           {{"GET", "k"}, "$0\r\n\r\n", 1, 0},
           {{"GET", "k"}, wrong, 1, 0},
           {{"GET", "k"}, "-MOVED 1 10.0.0.1:6379\r\n", 0, 0},
           {{"SET", "k", "v"}, "+OK\r\n", 0, 0},
           {{"SET", "k", "v", "NX"}, "$-1\r\n", 0, 0},
           {{"SET", "k", "v", "GET"}, "$1\r\nx\r\n", 1, 0},
           {{"GETRANGE", "k", "0", "1"}, "$0\r\n\r\n", 0, 1},
           {{"MGET", "a", "b", "c"}, "*3\r\n$1\r\nx\r\n$-1\r\n_\r\n", 1, 2},
           {{"EXISTS", "a", "b", "c"}, ":1\r\n", 1, 2},
           {{"TOUCH", "a"}, ":9\r\n", 1, 0},
           {{"HGET", "k", "f"}, "$-1\r\n", 0, 1},
           {{"HMGET", "k", "f", "g"}, "*2\r\n$-1\r\n$1\r\n1\r\n", 1, 0},
           {{"HMGET", "k", "f", "g"}, "*2\r\n$-1\r\n$-1\r\n", 0, 1},
           {{"HGETALL", "k"}, "*0\r\n", 0, 1},
           {{"HGETALL", "k"}, "%1\r\n$1\r\na\r\n$1\r\nb\r\n", 1, 0},
           {{"LRANGE", "k", "0", "-1"}, "*1\r\n$1\r\na\r\n", 1, 0},
           {{"SMEMBERS", "k"}, "~0\r\n", 0, 1},
           {{"STRLEN", "k"}, ":0\r\n", 0, 1},
           {{"LLEN", "k"}, ":4\r\n", 1, 0},
           {{"LLEN", "k"}, wrong, 1, 0},
           {{"PFCOUNT", "k"}, ":0\r\n", 0, 1},
           {{"PFCOUNT", "k", "l"}, ":3\r\n", 0, 0},
           {{"SISMEMBER", "k", "m"}, ":1\r\n", 1, 0},
           {{"SISMEMBER", "k", "m"}, ":0\r\n", 0, 0},
           {{"SMISMEMBER", "k", "m", "n"}, "*2\r\n:0\r\n:1\r\n", 1, 0},
           {{"SINTER", "a", "b"}, "*1\r\n$1\r\na\r\n", 2, 0},
           {{"SINTER", "a", "b"}, "*0\r\n", 0, 0},
           {{"TTL", "k"}, ":-1\r\n", 1, 0},
           {{"TTL", "k"}, ":-2\r\n", 0, 1},
           {{"TYPE", "k"}, "+none\r\n", 0, 1},
           {{"TYPE", "k"}, "+string\r\n", 1, 0},
           {{"HSCAN", "k", "0"}, "*2\r\n$1\r\n0\r\n*2\r\n$1\r\nf\r\n$1\r\n1\r\n", 1, 0},
           {{"HSCAN", "k", "0"}, "*2\r\n$1\r\n0\r\n*0\r\n", 0, 1},
           {{"ZSCORE", "z", "a"}, ",1.5\r\n", 1, 0},
           {{"OBJECT", "ENCODING", "k"}, "$-1\r\n", 0, 1},
           {{"OBJECT", "HELP"}, "*1\r\n+x\r\n", 0, 0},
           {{"DEL", "k"}, ":0\r\n", 0, 0},
           {{"INCR", "k"}, ":1\r\n", 0, 0},
           {{"LPOP", "k"}, "$-1\r\n", 0, 0},
       }) {
    CacheWire wire(make_redis_decoder);
    wire.request(resp(c.request));
    wire.reply(c.reply);
    INFO(c.request[0] << " " << c.reply);
    REQUIRE(wire.calls.size() == 1);
    CHECK(wire.last().cache_hits == c.hits);
    CHECK(wire.last().cache_misses == c.misses);
  }
}

TEST_CASE("redis: rows are the elements of an aggregate") {
  const auto rows = [](const std::vector<std::string>& request, std::string_view reply) {
    CacheWire wire(make_redis_decoder);
    wire.request(resp(request));
    wire.reply(reply);
    return wire.last().rows;
  };
  CHECK(rows({"KEYS", "*"}, "*2\r\n$1\r\na\r\n$1\r\nb\r\n") == 2);
  CHECK(rows({"HGETALL", "h"}, "*2\r\n$1\r\na\r\n$1\r\nb\r\n") == 1);
  CHECK(rows({"HGETALL", "h"}, "%1\r\n$1\r\na\r\n$1\r\nb\r\n") == 1);
  CHECK(rows({"SSCAN", "s", "0"}, "*2\r\n$1\r\n0\r\n*3\r\n+a\r\n+b\r\n+c\r\n") == 3);
  CHECK(rows({"XRANGE", "x", "-", "+"}, "*1\r\n*2\r\n$1\r\n1\r\n*2\r\n+a\r\n+b\r\n") == 1);
  CHECK(rows({"GET", "a"}, "$1\r\nx\r\n") == kUnknownCount);
  CHECK(rows({"LPOP", "a", "2"}, "*-1\r\n") == kUnknownCount);
}

TEST_CASE("redis: errors are told by their first word") {
  const auto error = [](std::string_view reply) {
    CacheWire wire(make_redis_decoder);
    wire.request(resp({"GET", "a"}));
    wire.reply(reply);
    CHECK(wire.last().outcome == Outcome::kError);
    return std::string(wire.last().error.data());
  };
  CHECK(error("-MOVED 3999 127.0.0.1:6381\r\n") == "MOVED");
  CHECK(error("-ASK 3999 127.0.0.1:6381\r\n") == "ASK");
  CHECK(error("-LOADING Redis is loading\r\n") == "LOADING");
  CHECK(error("-OOM command not allowed\r\n") == "OOM");
  CHECK(error("-BUSY Redis is busy\r\n") == "BUSY");
  CHECK(error("-NOAUTH Authentication required.\r\n") == "NOAUTH");
  CHECK(error("-WRONGTYPE Operation\r\n") == "WRONGTYPE");
  CHECK(error("-ERR unknown command\r\n") == "ERR");
  CHECK(error("!21\r\nSYNTAX invalid syntax\r\n") == "SYNTAX");
  CHECK(error("-secret words\r\n") == "ERR");
  CHECK(error("-\r\n") == "ERR");
  CHECK(error("-AVERYLONGFIRSTWORDINDEED x\r\n") == "ERR");
}

TEST_CASE("redis: RESP3, attributes and pushes") {
  CacheWire wire(make_redis_decoder);
  wire.request(resp({"HELLO", "3", "AUTH", "default", "hunter2"}));
  wire.reply("%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:3\r\n");
  CHECK(wire.text() == "HELLO");
  CHECK(wire.last().rows == 2);

  wire.request(resp({"MGET", "a:1", "a:2"}));
  wire.reply(">2\r\n$10\r\ninvalidate\r\n*1\r\n$3\r\na:1\r\n");
  CHECK(wire.decoder->pending() == 1);
  wire.reply("|1\r\n+ttl\r\n:3600\r\n*2\r\n|1\r\n+x\r\n*2\r\n_\r\n_\r\n_\r\n$1\r\nv\r\n");
  CHECK(wire.last().cache_hits == 1);
  CHECK(wire.last().cache_misses == 1);

  wire.reply(">2\r\n$10\r\ninvalidate\r\n_\r\n");
  for (const char* reply : {"#t\r\n", ",3.14\r\n", "(123456789012345678901234567890\r\n",
                            "=7\r\ntxt:abc\r\n", "~1\r\n:1\r\n", "_\r\n", ":-5\r\n"}) {
    const std::size_t before = wire.calls.size();
    wire.request(resp({"ECHO", "x"}));
    wire.reply(reply);
    CHECK(wire.calls.size() == before + 1);
  }
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("redis: replies within a transaction belong to their commands") {
  CacheWire wire(make_redis_decoder);
  wire.request(resp({"MULTI"}) + resp({"GET", "a:1"}) + resp({"MGET", "a:1", "a:2"}) +
               resp({"HSCAN", "h", "0"}) + resp({"INCR", "n"}) + resp({"EXEC"}));
  wire.reply("+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n");
  wire.reply("*4\r\n$-1\r\n*2\r\n$-1\r\n$1\r\nx\r\n*2\r\n$1\r\n0\r\n*1\r\n$1\r\nf\r\n:1\r\n");
  CHECK(wire.summary() ==
        "MULTI +0 -0\nGET a:? +0 -0\nMGET a:? +0 -0\nHSCAN h +0 -0\nINCR n +0 -0\nEXEC +2 -2\n");
  CHECK(wire.calls[0].transaction == Transaction::kOpen);
  CHECK(wire.calls[4].transaction == Transaction::kOpen);
  CHECK(wire.last().transaction == Transaction::kNone);
  CHECK(wire.last().rows == 4);

  wire.request(resp({"MULTI"}) + resp({"NOPE"}) + resp({"EXEC"}));
  wire.reply("+OK\r\n-ERR unknown command\r\n-EXECABORT Transaction discarded\r\n");
  CHECK(wire.calls[7].transaction == Transaction::kFailed);
  CHECK(wire.last().transaction == Transaction::kNone);
  CHECK(std::string(wire.last().error.data()) == "EXECABORT");

  // A watched key has changed.
  wire.request(resp({"MULTI"}) + resp({"GET", "a"}) + resp({"EXEC"}));
  wire.reply("+OK\r\n+QUEUED\r\n*-1\r\n");
  CHECK(wire.last().outcome == Outcome::kOk);
  CHECK(wire.last().cache_hits == 0);
  CHECK(wire.last().cache_misses == 0);
}

TEST_CASE("redis: messages to a subscriber are no replies") {
  CacheWire wire(make_redis_decoder);
  wire.request(resp({"SUBSCRIBE", "news:1", "news:2"}));
  wire.reply("*3\r\n$9\r\nsubscribe\r\n$6\r\nnews:1\r\n:1\r\n");
  CHECK(wire.calls.empty());
  wire.reply("*3\r\n$7\r\nmessage\r\n$6\r\nnews:1\r\n$2\r\nhi\r\n");
  CHECK(wire.calls.empty());
  wire.reply("*3\r\n$9\r\nsubscribe\r\n$6\r\nnews:2\r\n:2\r\n");
  CHECK(wire.text() == "SUBSCRIBE news:?");
  CHECK(wire.last().flags == kCallWaits);
  CHECK_FALSE(wire.decoder->busy_since());
  wire.reply("*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$6\r\nnews:1\r\n$2\r\nhi\r\n");
  wire.request(resp({"PING"}));
  wire.reply("*3\r\n$7\r\nmessage\r\n$6\r\nnews:1\r\n$2\r\nhi\r\n");
  CHECK(wire.decoder->pending() == 1);
  wire.reply("*2\r\n$4\r\npong\r\n$0\r\n\r\n");
  CHECK(wire.text() == "PING");
  wire.request(resp({"UNSUBSCRIBE"}));
  wire.reply("*3\r\n$11\r\nunsubscribe\r\n$6\r\nnews:1\r\n:1\r\n");
  wire.reply("*3\r\n$11\r\nunsubscribe\r\n$6\r\nnews:2\r\n:0\r\n");
  CHECK(wire.calls.size() == 3);
  // A list that looks like a message is a reply again.
  wire.request(resp({"LRANGE", "l", "0", "-1"}));
  wire.reply("*1\r\n$7\r\nmessage\r\n");
  CHECK(wire.text() == "LRANGE l");
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("redis: a subscriber of RESP3 is answered by pushes") {
  CacheWire wire(make_redis_decoder);
  wire.request(resp({"PSUBSCRIBE", "a*"}));
  wire.reply(">3\r\n$10\r\npsubscribe\r\n$2\r\na*\r\n:1\r\n");
  CHECK(wire.text() == "PSUBSCRIBE a*");
  wire.request(resp({"GET", "k"}));
  wire.reply(">4\r\n$8\r\npmessage\r\n$2\r\na*\r\n$1\r\na\r\n$2\r\nhi\r\n$1\r\nv\r\n");
  CHECK(wire.text() == "GET k");
  CHECK(wire.last().reply_bytes == 7);
  wire.request(resp({"SUBSCRIBE", "x"}));
  wire.reply("-NOPERM no permission\r\n");
  CHECK(wire.last().outcome == Outcome::kError);
  CHECK(wire.decoder->pending() == 0);
}

TEST_CASE("redis: MONITOR and replication end the conversation") {
  for (const auto& [request, reply] :
       {std::pair<const char*, const char*>{"MONITOR", "+OK\r\n"},
        {"PSYNC", "+FULLRESYNC 8371b4fb1155b71f4a04d3e1bc3e18c4a990aeeb 1\r\n"},
        {"SYNC", "\n\n$4\r\nabcd"}}) {
    CacheWire wire(make_redis_decoder);
    wire.request(resp({request, "?", "-1"}));
    wire.reply(reply);
    CHECK(wire.text() == request);
    CHECK(wire.last().flags == kCallWaits);
    wire.reply("+1339518083.107412 [0 127.0.0.1:60866] \"auth\" \"hunter2\"\r\n");
    wire.request(resp({"REPLCONF", "ACK", "1"}));
    CHECK(wire.calls.size() == 1);
    CHECK_FALSE(wire.decoder->busy_since());
    CHECK(wire.decoder->contradictions() == 0);
  }
}

TEST_CASE("redis: waiting is told from slowness") {
  const auto call = [](const std::vector<std::string>& request) {
    CacheWire wire(make_redis_decoder);
    wire.request(resp(request));
    wire.reply("*-1\r\n");
    return wire.text() + ((wire.last().flags & kCallWaits) ? " waits" : "");
  };
  CHECK(call({"BLPOP", "queue:1", "0"}) == "BLPOP queue:? waits");
  CHECK(call({"BLMOVE", "a", "b", "LEFT", "LEFT", "0"}) == "BLMOVE a waits");
  CHECK(call({"BZPOPMIN", "z", "0"}) == "BZPOPMIN z waits");
  CHECK(call({"BLMPOP", "0", "2", "a", "b", "LEFT"}) == "BLMPOP a waits");
  CHECK(call({"WAIT", "1", "0"}) == "WAIT waits");
  CHECK(call({"xread", "block", "0", "streams", "s:1", "$"}) == "XREAD BLOCK s:? waits");
  CHECK(call({"XREAD", "STREAMS", "s:1", "0"}) == "XREAD s:?");
  CHECK(call({"XREADGROUP", "GROUP", "g", "c", "COUNT", "5", "BLOCK", "9", "NOACK", "STREAMS",
              "s:1", ">"}) == "XREADGROUP BLOCK s:? waits");
  CHECK(call({"LPOP", "queue:1"}) == "LPOP queue:?");
}

TEST_CASE("redis: CLIENT REPLY takes replies away and gives them back") {
  CacheWire wire(make_redis_decoder);
  wire.request(resp({"CLIENT", "REPLY", "SKIP"}) + resp({"SET", "a", "1"}) + resp({"GET", "b"}));
  CHECK(wire.summary() == "CLIENT REPLY +0 -0\nSET a +0 -0\n");
  CHECK(wire.last().end_ns == wire.last().request_end_ns);
  wire.reply("$-1\r\n");
  CHECK(wire.text() == "GET b");
  wire.request(resp({"client", "reply", "off"}));
  wire.request(resp({"SET", "a", "1"}) + resp({"CLIENT", "REPLY", "SKIP"}));
  CHECK(wire.calls.size() == 6);
  CHECK(wire.decoder->pending() == 0);
  wire.request(resp({"CLIENT", "REPLY", "ON"}));
  CHECK(wire.decoder->pending() == 1);
  wire.reply("+OK\r\n");
  wire.request(resp({"GET", "c"}));
  wire.reply("$-1\r\n");
  CHECK(wire.text() == "GET c");
  CHECK(wire.decoder->contradictions() == 0);
}

TEST_CASE("redis: the connection ends") {
  CacheWire wire(make_redis_decoder);
  wire.request(resp({"GET", "a"}) + resp({"GET", "b"}));
  wire.reply("$1\r\nx\r\n");
  wire.close();
  REQUIRE(wire.calls.size() == 2);
  CHECK(wire.last().outcome == Outcome::kAborted);
  CHECK(wire.last().end_ns == wire.now);
  CHECK(wire.decoder->pending() == 0);
}

TEST_CASE("redis: the number of the database") {
  CacheWire wire(make_redis_decoder);
  CHECK(wire.decoder->database().empty());
  wire.request(resp({"SELECT", "3"}));
  CHECK(wire.decoder->database().empty());
  wire.reply("+OK\r\n");
  CHECK(wire.text() == "SELECT");
  CHECK(wire.decoder->database() == "3");
  wire.request(resp({"SELECT", "99"}));
  wire.reply("-ERR DB index is out of range\r\n");
  CHECK(wire.decoder->database() == "3");
}

}  // namespace culprit
