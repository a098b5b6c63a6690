// SPDX-License-Identifier: Apache-2.0
// What the tracker makes of connections that go over TLS.
#include <cstring>
#include <string>

#include "catch.h"
#include "collect/call_tracker.h"
#include "protocol/query_book.h"

namespace culprit {
namespace {

using namespace std::string_literals;

constexpr std::uint64_t kId = 7;
constexpr std::uint32_t kPid = 100;

const std::string kHello = "\x16\3\1\0\xc8\1\0\0\xc4\3\3"s + std::string(60, 'r');
const std::string kCiphertext = "\x17\3\3\0\x20"s + std::string(32, 'c');

class Wire {
 public:
  explicit Wire(protocol what, socket_role role = ROLE_CLIENT) {
    record_.header.kind = RECORD_CONNECTION;
    record_.header.flags = CONNECTION_FROM_START;
    record_.header.size = sizeof(record_);
    record_.id = kId;
    record_.process_start_time_ns = 5;
    record_.opened_ns = 1;
    record_.pid = kPid;
    record_.family = 2;
    record_.protocol = static_cast<__u8>(what);
    record_.role = static_cast<__u8>(role);
    announce();
  }

  void announce(int more_flags = 0) {
    record_.header.flags = static_cast<__u16>(record_.header.flags | more_flags);
    record_.header.time_ns = ++now_;
    tracker.decode(&record_, sizeof(record_));
  }

  void ciphertext(bool sent, const std::string& bytes, std::uint32_t length = 0) {
    move(sent ? SEGMENT_SENT : 0, bytes, length, socket_[sent]);
  }
  void plaintext(bool sent, const std::string& bytes) {
    move((sent ? SEGMENT_SENT : 0) | SEGMENT_PLAINTEXT, bytes, 0, library_[sent]);
  }

  void skip_plaintext(bool sent, std::uint32_t length) { library_[sent] += length; }

  Sample deliver() {
    Sample sample;
    tracker.deliver(sample);
    return sample;
  }

  CallTracker tracker;

 private:
  void move(int flags, const std::string& bytes, std::uint32_t length, std::uint32_t& position) {
    segment one{};
    one.time_ns = now_ += 1000;
    one.position = position;
    one.length = length ? length : static_cast<__u32>(bytes.size());
    one.captured = static_cast<__u16>(bytes.size());
    one.flags = static_cast<__u16>(flags);
    position += one.length;
    exchange_record record{};
    record.header.kind = RECORD_EXCHANGE;
    record.connection = kId;
    record.pid = kPid;
    const std::size_t padded = (bytes.size() + 7) & ~std::size_t{7};
    record.bytes = static_cast<__u32>(sizeof(one) + padded);
    std::string all(sizeof(record) + record.bytes, '\0');
    std::memcpy(all.data(), &record, sizeof(record));
    std::memcpy(all.data() + sizeof(record), &one, sizeof(one));
    std::memcpy(all.data() + sizeof(record) + sizeof(one), bytes.data(), bytes.size());
    tracker.decode(all.data(), all.size());
  }

  connection_record record_{};
  std::uint64_t now_ = 1000;
  std::uint32_t socket_[2] = {}, library_[2] = {};
};

std::string big_endian(std::size_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}
std::string message(char type, const std::string& body) {
  return type + big_endian(body.size() + 4) + body;
}
const std::string kAnswer = message('C', "SELECT 1\0"s) + message('Z', "I");
const std::string kSslRequest = big_endian(8) + big_endian(80877103);

void shake_hands(Wire& wire) {
  wire.ciphertext(true, kHello);
  wire.ciphertext(false, "\x16\3\3\0\x7a\2"s + std::string(120, 's'));
}

}  // namespace

TEST_CASE("what comes out of the TLS library takes the place of turns", "[call_tracker]") {
  const socket_role role = GENERATE(ROLE_CLIENT, ROLE_SERVER);
  const bool asks = role == ROLE_CLIENT;
  Wire wire(PROTOCOL_TLS, role);
  shake_hands(wire);
  for (int i = 0; i < 2; i++) {
    wire.ciphertext(asks, kCiphertext);
    wire.plaintext(asks, "GET /items/1 HTTP/1.1\r\nHost: x\r\n\r\n");
    wire.ciphertext(!asks, kCiphertext);
    wire.plaintext(!asks, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  }
  const Sample sample = wire.deliver();
  REQUIRE(sample.calls.size() == 2);
  for (const CallReading& reading : sample.calls) {
    CHECK(reading.call.status == 200);
    CHECK_FALSE(reading.call.flags & kCallTimingOnly);
  }
  REQUIRE(sample.connections.size() == 1);
  CHECK(sample.connections[0].protocol == Protocol::kHttp1);
  CHECK(sample.connections[0].tls);
  // A later announcement says what the kernel knows, which is less.
  wire.announce(CONNECTION_ENDED);
  CHECK(wire.deliver().connections.at(0).protocol == Protocol::kHttp1);
}

TEST_CASE("without a TLS library turns are told", "[call_tracker]") {
  Wire wire(PROTOCOL_TLS);
  shake_hands(wire);
  for (int i = 0; i < 2; i++) {
    wire.ciphertext(true, kCiphertext.substr(0, 8), 200);
    wire.ciphertext(false, "", 900);
  }
  wire.ciphertext(true, "\x15\3\3\0\x13"s, 24);  // good-bye
  wire.announce(CONNECTION_ENDED);
  const Sample sample = wire.deliver();
  CHECK(sample.calls.size() == 2);
  for (const CallReading& reading : sample.calls) CHECK(reading.call.flags == kCallTimingOnly);
  CHECK(sample.connections.at(0).protocol == Protocol::kTls);
  CHECK(sample.connections.at(0).tls);
}

TEST_CASE("what is not recognised within TLS leaves it at turns", "[call_tracker]") {
  Wire wire(PROTOCOL_TLS);
  shake_hands(wire);
  for (int i = 0; i < 20; i++) {
    wire.plaintext(true, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    wire.ciphertext(true, kCiphertext);
    wire.ciphertext(false, kCiphertext);
  }
  const Sample sample = wire.deliver();
  CHECK(sample.calls.size() == 19);  // the last one is not known to have ended
  CHECK(sample.connections.at(0).protocol == Protocol::kTls);
}

TEST_CASE("PostgreSQL that changes to TLS is read on by the library", "[call_tracker]") {
  Wire wire(PROTOCOL_POSTGRESQL);
  wire.ciphertext(true, kSslRequest);
  wire.ciphertext(false, "S");
  CHECK(wire.tracker.take_tls_processes().empty());
  shake_hands(wire);
  CHECK(wire.tracker.take_tls_processes() == std::vector<TlsProcess>{{kPid, 5}});
  wire.ciphertext(true, kCiphertext);
  const std::string start = big_endian(196608) + "user\0u\0database\0shop\0\0"s;
  wire.plaintext(true, big_endian(start.size() + 4) + start);
  wire.plaintext(false, message('R', big_endian(0)) + message('Z', "I"));
  wire.plaintext(true, message('Q', "SELECT 42\0"s));
  wire.ciphertext(false, kCiphertext);
  wire.plaintext(false, kAnswer);
  const Sample sample = wire.deliver();
  REQUIRE(sample.calls.size() == 1);
  CHECK(sample.calls[0].call.rows == 1);
  REQUIRE(sample.query_texts.size() == 1);
  CHECK(sample.query_texts[0].text == "SELECT ?");
  CHECK(sample.connections.at(0).database == "shop");
  CHECK(sample.connections.at(0).protocol == Protocol::kPostgresql);
  CHECK(sample.connections.at(0).tls);
}

TEST_CASE("PostgreSQL over TLS without its library is timed, but for the login", "[call_tracker]") {
  Wire wire(PROTOCOL_POSTGRESQL);
  wire.ciphertext(true, kSslRequest);
  wire.ciphertext(false, "S");
  shake_hands(wire);
  for (int i = 0; i < 4; i++) {  // the login, and three queries
    wire.ciphertext(true, kCiphertext);
    wire.ciphertext(false, kCiphertext);
  }
  wire.announce(CONNECTION_ENDED);
  const Sample sample = wire.deliver();
  CHECK(sample.calls.size() == 3);
  for (const CallReading& reading : sample.calls) CHECK(reading.call.flags == kCallTimingOnly);
}

TEST_CASE("a large write is told by its beginning and its end", "[call_tracker]") {
  Wire wire(PROTOCOL_TLS);
  shake_hands(wire);
  wire.plaintext(true, "GET /large HTTP/1.1\r\n\r\n");
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
  wire.plaintext(false, head);
  wire.skip_plaintext(false, 100000 - 64);
  wire.plaintext(false, std::string(64, 'x'));
  const Sample sample = wire.deliver();
  REQUIRE(sample.calls.size() == 1);
  CHECK(sample.calls[0].call.reply_bytes == head.size() + 100000);
}

TEST_CASE("processes with TLS are told once", "[call_tracker]") {
  Wire wire(PROTOCOL_TLS);
  wire.announce();
  CHECK(wire.tracker.take_tls_processes() == std::vector<TlsProcess>{{kPid, 5}});
  wire.announce();
  CHECK(wire.tracker.take_tls_processes().empty());
}

}  // namespace culprit
