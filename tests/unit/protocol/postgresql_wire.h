// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/decoder.h"
#include "protocol/postgresql.h"

namespace culprit::postgresql_wire {

using namespace std::string_literals;

inline std::string big_endian(std::uint64_t value, int size = 4) {
  std::string bytes;
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8)
    bytes += static_cast<char>(value >> shift);
  return bytes;
}
inline std::string message(char type, std::string_view body = {}) {
  return type + big_endian(body.size() + 4) + std::string(body);
}
inline std::string text(std::string_view value) {
  return std::string(value) + '\0';
}

// Of the client.
inline std::string start_up(std::string_view parameters, std::uint32_t version = 0x00030000) {
  return big_endian(8 + parameters.size() + 1) + big_endian(version) + std::string(parameters) +
         '\0';
}
inline std::string wish(std::uint32_t code) {
  return big_endian(8) + big_endian(code);
}
inline constexpr std::uint32_t kSslRequest = 80877103, kGssRequest = 80877104, kCancel = 80877102;

inline std::string query(std::string_view sql) {
  return message('Q', text(sql));
}
inline std::string parse(std::string_view name, std::string_view sql) {
  return message('P', text(name) + text(sql) + big_endian(0, 2));
}
inline std::string bind_to(std::string_view portal, std::string_view statement,
                           std::string_view value = "7") {
  return message('B', text(portal) + text(statement) + big_endian(0, 2) + big_endian(1, 2) +
                          big_endian(value.size()) + std::string(value) + big_endian(0, 2));
}
inline std::string describe(char kind = 'P', std::string_view name = {}) {
  return message('D', kind + text(name));
}
inline std::string execute(std::string_view portal = {}, std::uint32_t most = 0) {
  return message('E', text(portal) + big_endian(most));
}
inline std::string close_statement(std::string_view name) {
  return message('C', 'S' + text(name));
}
inline std::string close_portal(std::string_view name) {
  return message('C', 'P' + text(name));
}
inline const std::string kSync = message('S'), kFlush = message('H'), kTerminate = message('X');
inline const std::string kCopyDone = message('c');
/// All of an extended query, as libpq sends one with parameters.
inline std::string extended(std::string_view sql) {
  return parse("", sql) + bind_to("", "") + describe() + execute();
}

// Of the server.
inline std::string ready(char state = 'I') {
  return message('Z', std::string(1, state));
}
inline std::string complete(std::string_view tag) {
  return message('C', text(tag));
}
inline std::string error(std::string_view code, std::string_view severity = "ERROR") {
  return message('E', 'S' + text(severity) + 'V' + text(severity) + 'C' + text(code) + 'M' +
                          text("no") + '\0');
}
inline std::string notice() {
  return message('N', 'S' + text("NOTICE") + 'C' + text("00000") + 'M' + text("hm") + '\0');
}
inline std::string parameter_status() {
  return message('S', text("TimeZone") + text("UTC"));
}
inline std::string notification() {
  return message('A', big_endian(77) + text("channel") + text("payload"));
}
inline std::string columns() {
  return message('T', big_endian(1, 2) + text("c") + std::string(18, '\0'));
}
inline std::string row(std::string_view value = "value") {
  return message('D', big_endian(1, 2) + big_endian(value.size()) + std::string(value));
}
inline std::string rows(int count) {
  std::string all;
  for (int i = 0; i < count; i++) all += row();
  return all;
}
/// Rows and their tag, without ReadyForQuery.
inline std::string result(int count) {
  return columns() + rows(count) + complete("SELECT " + std::to_string(count));
}
inline const std::string kParsed = message('1'), kBound = message('2'), kClosed = message('3');
inline const std::string kNoData = message('n'), kSuspended = message('s');
inline const std::string kEmptyQuery = message('I');
inline std::string copy_response(char type) {
  return message(type, '\0' + big_endian(1, 2) + big_endian(0, 2));
}
inline std::string authentication(std::uint32_t kind, std::string_view rest = {}) {
  return message('R', big_endian(kind) + std::string(rest));
}
inline std::string log_in_done() {
  return authentication(0) + parameter_status() +
         message('K', big_endian(77) + big_endian(0x5ec2e7)) + ready();
}

/// A connection whose pieces come a millisecond apart; a reply arrived half of it before.
struct Connection {
  explicit Connection(bool from_start = false)
      : own(std::make_unique<DecoderBooks>()),
        books(*own),
        decoder(make_postgresql_decoder(DecoderScope{1, from_start}, books)) {}
  /// Another one of the same application.
  explicit Connection(DecoderBooks& shared)
      : books(shared), decoder(make_postgresql_decoder(DecoderScope{1, false}, books)) {}

  void send(std::string_view bytes, std::uint64_t missing = 0) {
    now += 1'000'000;
    decoder->request(Piece{bytes, missing, now, 0, 11}, calls);
  }
  void receive(std::string_view bytes, std::uint64_t missing = 0) {
    now += 1'000'000;
    decoder->reply(Piece{bytes, missing, now, now - 500'000, 12}, calls);
  }
  /// In pieces of `size` bytes.
  void send_in(std::size_t size, std::string_view bytes) {
    for (std::size_t at = 0; at < bytes.size(); at += size) send(bytes.substr(at, size));
  }
  void receive_in(std::size_t size, std::string_view bytes) {
    for (std::size_t at = 0; at < bytes.size(); at += size) receive(bytes.substr(at, size));
  }
  void close() { decoder->close(++now, calls); }

  std::string text_of(const Call& call) const {
    const QueryText* found = books.queries.find(call.query);
    return found ? found->text : "";
  }
  std::string last_text() const { return calls.empty() ? "no call" : text_of(calls.back()); }
  /// The calls' texts, in order.
  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const Call& call : calls) all.push_back(text_of(call));
    return all;
  }
  std::vector<Outcome> outcomes() const {
    std::vector<Outcome> all;
    for (const Call& call : calls) all.push_back(call.outcome);
    return all;
  }
  /// Nothing waits, and nothing was odd.
  bool quiet() const {
    return decoder->pending() == 0 && !decoder->busy_since() && decoder->contradictions() == 0 &&
           decoder->lost_calls() == 0;
  }

  std::unique_ptr<DecoderBooks> own;
  DecoderBooks& books;
  std::unique_ptr<Decoder> decoder;
  std::vector<Call> calls;
  std::uint64_t now = 1'000'000'000;
};

inline std::string error_of(const Call& call) {
  return call.error.data();
}

}  // namespace culprit::postgresql_wire
