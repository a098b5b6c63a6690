// SPDX-License-Identifier: Apache-2.0
// The very code with which the kernel decides what a connection speaks.
#include <algorithm>
#include <array>
#include <cstring>
#include <ostream>
#include <random>
#include <string>

#include "bpf/protocol.h"
#include "catch.h"

namespace {

using namespace std::string_literals;

struct Decision {
  int protocol = PROTOCOL_UNKNOWN;
  bool from_client = false;
  bool operator==(const Decision&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Decision& decision) {
  return out << decision.protocol << (decision.from_client ? " from client" : " from server");
}

constexpr Decision kUndecided{};

/// `captured` of the first bytes are seen, as when the capture is cut.
Decision recognise_text(const std::string& text, std::size_t captured = RECOGNITION_BYTES) {
  std::array<__u8, RECOGNITION_BYTES> bytes{};
  std::array<__u8, RECOGNITION_LAST> last{};
  captured = std::min({captured, text.size(), bytes.size()});
  std::memcpy(bytes.data(), text.data(), captured);
  const std::size_t tail = std::min(text.size(), last.size());
  std::memcpy(last.data() + last.size() - tail, text.data() + text.size() - tail, tail);
  const recognition found = recognise(bytes.data(), static_cast<__u32>(captured),
                                      static_cast<__u32>(text.size()), last.data());
  return {found.protocol, found.from_client != 0};
}

std::string big_endian(std::size_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

/// A PostgreSQL message.
std::string message(char type, const std::string& body) {
  return type + big_endian(body.size() + 4) + body;
}

/// A MySQL packet.
std::string packet(const std::string& body, char sequence = 0) {
  std::string bytes;
  for (int shift = 0; shift < 24; shift += 8) bytes += static_cast<char>(body.size() >> shift);
  return bytes + sequence + body;
}

const std::string kReady = message('Z', "I");

}  // namespace

TEST_CASE("PostgreSQL's start is recognised") {
  constexpr Decision request{PROTOCOL_POSTGRESQL, true};
  const std::string parameters = "user\0app\0database\0shop\0\0"s;
  CHECK(recognise_text(big_endian(8 + parameters.size()) + big_endian(0x00030000) + parameters) ==
        request);
  CHECK(recognise_text(big_endian(8 + parameters.size()) + big_endian(0x00030002) + parameters) ==
        request);
  CHECK(recognise_text(big_endian(8) + big_endian(0x04d2162f)) == request);  // SSLRequest
  CHECK(recognise_text(big_endian(8) + big_endian(0x04d21630)) == request);  // GSSENCRequest
  CHECK(recognise_text(big_endian(16) + big_endian(0x04d2162e) + "\0\0\x12\x34key!"s) == request);
  CHECK(recognise_text(big_endian(8) + big_endian(0x04d21631)) == kUndecided);
  CHECK(recognise_text(big_endian(9) + big_endian(0x00040000) + '\0') == kUndecided);
}

TEST_CASE("PostgreSQL's requests are recognised") {
  constexpr Decision request{PROTOCOL_POSTGRESQL, true};
  const std::string bind = message('B', "\0\0\0\0\0\1\0\0\0\2 1\0\0"s);
  const std::string rest = message('D', "P\0"s) + message('E', "\0\0\0\0\0"s) + message('S', "");
  CHECK(recognise_text(message('Q', "select 1\0"s)) == request);
  CHECK(recognise_text(message('Q', "\0"s)) == request);  // the empty query
  CHECK(recognise_text(message('Q', ";\0"s)) == request);
  CHECK(recognise_text(message('Q', "select '" + std::string(70000, 'x') + "'\0"s)) == request);
  CHECK(recognise_text(message('P', "\0select $1\0\0\0"s) + bind + rest) == request);
  CHECK(recognise_text(message('P', "\0select $1\0\0\0"s)) == request);  // each in its own write
  CHECK(recognise_text(bind) == request);
  CHECK(recognise_text(bind + rest) == request);
  CHECK(recognise_text(message('B', "\0S_1\0\0\0\0\0\0\0"s) + rest) == request);
  CHECK(recognise_text(message('P', "S_1\0select "s + std::string(500, 'a') + "\0\0\0"s) + bind +
                       rest) == request);
  CHECK(recognise_text(message('X', "")) == request);
  CHECK(recognise_text(message('F', "\0\0\0\1\0\0\0\0\0\0"s)) == request);
}

TEST_CASE("PostgreSQL's requests that do not end with their write are recognised") {
  constexpr Decision request{PROTOCOL_POSTGRESQL, true};
  const std::string text = "select '" + std::string(70000, 'x') + "'\0"s;
  CHECK(recognise_text(message('Q', text).substr(0, 8192)) == request);
  CHECK(recognise_text(message('P', "\0"s + text + "\0\0"s).substr(0, 8192)) == request);
  CHECK(recognise_text(message('P', "name\0"s + text + "\0\0"s).substr(0, 8192)) == request);
  CHECK(recognise_text(message('B', "\0\0\0\0\0\1"s + text).substr(0, 8192)) == request);
  CHECK(recognise_text(message('Q', text).substr(0, 5)) == kUndecided);
  CHECK(recognise_text(message('Q', "\1\2" + text).substr(0, 8192)) == kUndecided);
}

TEST_CASE("PostgreSQL's replies are recognised") {
  constexpr Decision reply{PROTOCOL_POSTGRESQL, false};
  CHECK(recognise_text(message('R', big_endian(0)) + message('S', "TimeZone\0UTC\0"s)) == reply);
  CHECK(recognise_text(message('R', big_endian(10) + "SCRAM-SHA-256\0\0"s)) == reply);
  CHECK(recognise_text(message('R', big_endian(5) + "salt")) == reply);
  CHECK(recognise_text(message('T', "\0\0"s) + message('C', "SELECT 0\0"s) + kReady) == reply);
  CHECK(recognise_text(message('1', "") + message('2', "") + message('n', "") +
                       message('C', "INSERT 0 1\0"s) + kReady) == reply);
  CHECK(recognise_text(message('I', "") + message('Z', "T")) == reply);
  CHECK(recognise_text(message('E', "SERROR\0C23505\0\0"s) + message('Z', "E")) == reply);
  CHECK(recognise_text(kReady) == reply);
  CHECK(recognise_text(message('D', std::string(9000, 'v')) + kReady) == reply);
  CHECK(recognise_text(message('D', std::string(9000, 'v'))) == kUndecided);
  CHECK(recognise_text(message('C', "SELECT 0\0"s) + message('Z', "X")) == kUndecided);
}

TEST_CASE("MySQL's requests are recognised") {
  constexpr Decision request{PROTOCOL_MYSQL, true};
  CHECK(recognise_text(packet("\x03select 1")) == request);
  CHECK(recognise_text(packet("\x03;")) == request);
  CHECK(recognise_text(packet("\x03\x00\x01select 1"s)) == request);  // query attributes
  CHECK(recognise_text(packet("\x16select ?")) == request);
  CHECK(recognise_text(packet("\x17\x01\0\0\0\0\1\0\0\0"s)) == request);
  CHECK(recognise_text(packet("\x17\x01\0\0\0\0\1\0\0\0\0\1\x03\0\x2a\0\0\0"s)) == request);
  CHECK(recognise_text(packet("\x19\x01\0\0\0"s)) == request);
  CHECK(recognise_text(packet("\x19\x01\0\0\0"s) + packet("\x03 COMMIT")) == request);
  CHECK(recognise_text(packet("\x1c\x01\0\0\0\x64\0\0\0"s)) == request);
  CHECK(recognise_text(packet("\x1b\0\0"s)) == request);
  CHECK(recognise_text(packet("\x0e")) == request);
  CHECK(recognise_text(packet("\x1f")) == request);
  CHECK(recognise_text(packet("\x02shop")) == request);
  CHECK(recognise_text(packet("\x03insert " + std::string(90000, 'x')).substr(0, 16384)) ==
        request);
  const std::string login = "\x85\xa6\xff\x19\0\0\0\1\x2d"s + std::string(23, '\0');
  CHECK(recognise_text(packet(login + "app\0\x14secret secret secret "s, 1)) == request);
  CHECK(recognise_text(packet(login, 1)) == request);  // the wish for TLS
}

TEST_CASE("MySQL's greeting is recognised") {
  constexpr Decision reply{PROTOCOL_MYSQL, false};
  const std::string rest = "\0\x08\0\0\0abcdefgh\0\xff\xff\xff\2\0\xff\xdf\x15"s;
  CHECK(recognise_text(packet("\x0a"
                              "8.0.36" +
                              rest)) == reply);
  CHECK(recognise_text(packet("\x0a"
                              "5.5.5-10.6.16-MariaDB-log" +
                              rest)) == reply);
  CHECK(recognise_text(packet("\x0a"
                              "10.11.6-MariaDB" +
                              rest)) == reply);
}

TEST_CASE("what has MySQL's frame but not its commands is not MySQL") {
  CHECK(recognise_text(packet("\x0a\x05hello\x10\x01")) == kUndecided);  // protobuf
  CHECK(recognise_text(packet("\x08\x96\x01")) == kUndecided);
  CHECK(recognise_text(packet("\x12\x04some")) == kUndecided);
  CHECK(recognise_text(packet("\x03\x01\x02\x7f")) == kUndecided);
  CHECK(recognise_text(packet("\x03select 1", 3)) == kUndecided);
  CHECK(recognise_text(packet("\x03select 1") + "more") == kUndecided);
  CHECK(recognise_text(packet("\x01\0\0\0"s)) == kUndecided);
  CHECK(recognise_text(packet("")) == kUndecided);
}

TEST_CASE("Redis requests are recognised") {
  constexpr Decision request{PROTOCOL_REDIS, true};
  CHECK(recognise_text("*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n") == request);
  CHECK(recognise_text("*1\r\n$4\r\nPING\r\n") == request);
  CHECK(recognise_text("*1000\r\n$4\r\nMSET\r\n$1\r\na\r\n") == request);
  CHECK(recognise_text("*1000000\r\n$5\r\nRPUSH\r\n$1\r\na\r\n") == request);
  CHECK(recognise_text("*2\r\n$10\r\nBGREWRITEAOF\r\n") == request);
  CHECK(recognise_text("*2\r\n$3") == request);  // split inside $
  CHECK(recognise_text("PING\r\n") == request);
  CHECK(recognise_text("*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$2\r\nhi\r\n") ==
        Decision{PROTOCOL_REDIS, false});
  CHECK(recognise_text("*4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnews\r\n$2\r\nhi\r\n") ==
        Decision{PROTOCOL_REDIS, false});
}

TEST_CASE("Redis replies alone do not tell") {
  for (const char* reply :
       {"+OK\r\n", "-ERR unknown command\r\n", ":1\r\n", "$5\r\nhello\r\n", "$-1\r\n", "*0\r\n",
        "*-1\r\n", "*2\r\n:1\r\n:2\r\n", "*\r\n$3\r\nGET\r\n", "*123456789\r\n$3\r\nGET\r\n",
        "*2\r\n$2\r\n17\r\n$1\r\n0\r\n", "_\r\n", "%1\r\n+a\r\n:1\r\n"}) {
    CAPTURE(reply);
    CHECK(recognise_text(reply) == kUndecided);
  }
}

TEST_CASE("Memcached requests are recognised") {
  for (const char* request : {"get key\r\n",
                              "get a b c\r\n",
                              "gets key\r\n",
                              "gat 10 key\r\n",
                              "set key 0 60 2\r\nhi\r\n",
                              "set user:1 0 0 2\r\n",
                              "add k 0 0 1\r\nx\r\n",
                              "replace key 0 0 1\r\nx\r\n",
                              "append k 0 0 1\r\nx\r\n",
                              "prepend k 0 0 1\r\nx\r\n",
                              "cas key 0 0 1 77\r\nx\r\n",
                              "delete key\r\n",
                              "incr counter 1\r\n",
                              "decr counter 1\r\n",
                              "touch key 60\r\n",
                              "mg key v t\r\n",
                              "ms key 2 T60\r\nhi\r\n",
                              "md key q\r\n",
                              "ma counter\r\n",
                              "mn\r\n",
                              "stats\r\n",
                              "stats items\r\n",
                              "version\r\n",
                              "set a_key_that_is_longer_than_what_is_captured 0 60 5\r\nhel"}) {
    CAPTURE(request);
    CHECK(recognise_text(request) == Decision{PROTOCOL_MEMCACHED, true});
  }
  const std::string get = "\x80\0\0\3\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0key"s;
  const std::string noop = "\x80\x0a"s + std::string(22, '\0');
  CHECK(recognise_text(get) == Decision{PROTOCOL_MEMCACHED, true});
  CHECK(recognise_text(get + noop) == Decision{PROTOCOL_MEMCACHED, true});
  CHECK(recognise_text(noop) == Decision{PROTOCOL_MEMCACHED, true});
  CHECK(recognise_text(noop + noop) == Decision{PROTOCOL_MEMCACHED, true});
  CHECK(recognise_text(noop + "x") == kUndecided);
  CHECK(recognise_text(get.substr(0, 25)) == kUndecided);
}

TEST_CASE("what only begins like Memcached is not") {
  for (const char* text :
       {"get key", "getter\r\n", "get \r\n", "set verbose on\r\n", "settle 0 1\r\n",
        "delete 17\r\n", "touch 17\r\n", "version 2\r\n", "stats", "mx key\r\n",
        "add two three\r\n", "VALUE key 0 2\r\nhi\r\nEND\r\n", "STORED\r\n", "END\r\n"}) {
    CAPTURE(text);
    CHECK(recognise_text(text) == kUndecided);
  }
}

TEST_CASE("HTTP/1 is recognised") {
  for (const char* request :
       {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "POST /orders HTTP/1.1\r\n", "PUT /a HTTP/1.1\r\n",
        "DELETE /a HTTP/1.1\r\n", "HEAD / HTTP/1.0\r\n", "OPTIONS * HTTP/1.1\r\n",
        "OPTIONS /a HTTP/1.1\r\n", "PATCH /a HTTP/1.1\r\n", "TRACE / HTTP/1.1\r\n",
        "CONNECT db.example:443 HTTP/1.1\r\n", "CONNECT [::1]:443 HTTP/1.1\r\n",
        "GET http://a.example/b HTTP/1.1\r\n", "GET /"}) {
    CAPTURE(request);
    CHECK(recognise_text(request) == Decision{PROTOCOL_HTTP1, true});
  }
  CHECK(recognise_text("HTTP/1.1 200 OK\r\n") == Decision{PROTOCOL_HTTP1, false});
  CHECK(recognise_text("HTTP/1.0 404 Not Found\r\n") == Decision{PROTOCOL_HTTP1, false});
}

TEST_CASE("TLS is recognised") {
  CHECK(recognise_text("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s + std::string(500, 'r')) ==
        Decision{PROTOCOL_TLS, true});
  CHECK(recognise_text("\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"s + std::string(120, 'r')) ==
        Decision{PROTOCOL_TLS, false});
  CHECK(recognise_text("\x16\x03\x03\x00\x7a"s) == kUndecided);
  CHECK(recognise_text("\x17\x03\x03\x00\x7a\x01\x00\x00\x76\x03\x03"s) == kUndecided);
  CHECK(recognise_text("\x16\x03\x05\x00\x7a\x01\x00\x00\x76\x03\x03"s) == kUndecided);
}

TEST_CASE("other protocols are not recognised") {
  for (const std::string& text :
       {"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"s,
        "220 mail.example ESMTP Postfix\r\n"s,
        "EHLO client.example\r\n"s,
        "QUIT\r\n"s,
        "GETX / HTTP/1.1\r\n"s,
        "GET"s,
        "get / HTTP/1.1"s,
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"s,
        "HTTP/2 200\r\n"s,
        "PUTTY\r\n"s,
        "POSTAL /\r\n"s,
        "GET key\r\n"s,
        "OPTIONS rtsp://camera/ RTSP/1.0\r\n"s,
        "OPTIONS * RTSP/1.0\r\n"s,
        "l\1\0\1\x10\0\0\0\1\0\0\0\x6e\0\0\0\1\1o\0\x15\0\0\0/org/freedesktop/DBus"s,
        "B\1\0\1\0\0\0\x10\0\0\0\1\0\0\0\x6e\1\1o\0\0\0\0\x15/org/freedesktop/DBus"s,
        "l\0\x0b\0\0\0\x12\0\x10\0\0\0MIT-MAGIC-COOKIE-1\0\0"s,
        "B\0\0\x0b\0\0\0\x12\0\x10\0\0MIT-MAGIC-COOKIE-1\0\0"s,
        "\0\0\0\x1c\0\x12\0\4\0\0\0\1\0\x07my-lib\0\0"s,  // Kafka
        "AMQP\0\0\x09\1"s,
        "\x10\x14\0\4MQTT\4\2\0\x3c\0\x08sensor42"s,
        "\x3a\0\0\0\1\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0\0\x25\0\0\0"s,  // MongoDB
        "{\"jsonrpc\":\"2.0\"}"s,
        "\0"s,
        ""s,
        "\0\0\0\0"s,
        std::string(64, '\0'),
        std::string(64, '\xff')}) {
    CAPTURE(text);
    CHECK(recognise_text(text) == kUndecided);
  }
}

TEST_CASE("random bytes are hardly ever recognised") {
  std::mt19937 random(1);
  int found = 0;
  for (int i = 0; i < 200000; i++) {
    std::string text(random() % 60, '\0');
    for (char& byte : text) byte = static_cast<char>(random());
    found += recognise_text(text) != kUndecided;
  }
  CHECK(found <= 2);
}

TEST_CASE("fewer captured bytes never name another protocol") {
  const std::string query = message('Q', "select 1 from orders where id = 7\0"s);
  for (std::size_t captured = 0; captured <= 32; captured++) {
    const Decision found = recognise_text(query, captured);
    CAPTURE(captured);
    CHECK((found == kUndecided || found == Decision{PROTOCOL_POSTGRESQL, true}));
  }
  const std::string get = "GET /orders/17 HTTP/1.1\r\nHost: shop.example\r\n\r\n";
  for (std::size_t captured = 0; captured <= 32; captured++) {
    const Decision found = recognise_text(get, captured);
    CAPTURE(captured);
    CHECK(found == (captured < 5 ? kUndecided : Decision{PROTOCOL_HTTP1, true}));
  }
}
