// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/mysql.h"

namespace culprit::mysql_wire {

inline constexpr int kInTransaction = 1, kAutocommit = 2, kMore = 8, kCursor = 0x40, kOut = 0x1000;

inline std::string number(std::uint64_t value, int size) {
  std::string bytes;
  for (int i = 0; i < size; i++) bytes += static_cast<char>(value >> 8 * i);
  return bytes;
}

inline std::string packet(int sequence, std::string_view payload) {
  return number(payload.size(), 3) + static_cast<char>(sequence) + std::string(payload);
}

/// A number below 251, or a string shorter than that.
inline std::string tiny(std::uint64_t value) {
  return number(value, 1);
}
inline std::string text(std::string_view value) {
  return tiny(value.size()) + std::string(value);
}

inline std::string command(int code, std::string_view rest = {}) {
  return packet(0, number(static_cast<std::uint64_t>(code), 1) + std::string(rest));
}
inline std::string query(std::string_view sql) {
  return command(0x03, sql);
}
inline std::string prepare(std::string_view sql) {
  return command(0x16, sql);
}
inline std::string execute(std::uint32_t statement) {
  return command(0x17, number(statement, 4) + number(0, 1) + number(1, 4));
}

inline std::string ok(int sequence, std::uint64_t changed = 0, int status = kAutocommit) {
  return packet(sequence, number(0, 1) + tiny(changed) + tiny(0) +
                              number(static_cast<std::uint64_t>(status), 2) + number(0, 2));
}
inline std::string eof(int sequence, int status = kAutocommit) {
  return packet(sequence, "\xfe" + number(0, 2) + number(static_cast<std::uint64_t>(status), 2));
}
/// What ends rows when both sides do without EOF packets.
inline std::string ok_eof(int sequence, int status = kAutocommit) {
  return packet(sequence, "\xfe" + tiny(0) + tiny(0) +
                              number(static_cast<std::uint64_t>(status), 2) + number(0, 2));
}
inline std::string error(int sequence, int code, std::string_view message = "#42000no") {
  return packet(sequence,
                "\xff" + number(static_cast<std::uint64_t>(code), 2) + std::string(message));
}
inline std::string definition(int sequence) {
  return packet(sequence, text("def") + text("shop") + text("t") + text("t") + text("c") +
                              text("c") + tiny(12) + std::string(12, '\1'));
}

/// A result of rows of one column; `sequence` goes on to what follows the result.
struct ResultShape {
  int columns = 1;
  int rows = 0;
  bool eof_packets = true;
  int status = kAutocommit;
  std::string row = text("value");
};
inline std::string result(int& sequence, const ResultShape& shape) {
  const auto columns = static_cast<std::uint64_t>(shape.columns);
  std::string bytes =
      packet(sequence++, columns < 251 ? tiny(columns) : "\xfc" + number(columns, 2));
  for (int i = 0; i < shape.columns; i++) bytes += definition(sequence++);
  if (shape.eof_packets) bytes += eof(sequence++, shape.status);
  for (int i = 0; i < shape.rows; i++) bytes += packet(sequence++, shape.row);
  return bytes +
         (shape.eof_packets ? eof(sequence++, shape.status) : ok_eof(sequence++, shape.status));
}
inline std::string result(const ResultShape& shape) {
  int sequence = 1;
  return result(sequence, shape);
}

inline std::string prepared(std::uint32_t statement, int parameters, int columns,
                            bool eof_packets = true) {
  int sequence = 1;
  std::string bytes =
      packet(sequence++, number(0, 1) + number(statement, 4) +
                             number(static_cast<std::uint64_t>(columns), 2) +
                             number(static_cast<std::uint64_t>(parameters), 2) + number(0, 3));
  for (const int count : {parameters, columns}) {
    for (int i = 0; i < count; i++) bytes += definition(sequence++);
    if (count > 0 && eof_packets) bytes += eof(sequence++);
  }
  return bytes;
}

inline constexpr std::uint32_t kServerCapabilities = 0xffffffff & ~(1u << 27);

inline std::string greeting(std::uint32_t capabilities = kServerCapabilities) {
  return packet(0, "\x0a" + std::string("8.0.36") + '\0' + number(7, 4) + "scramble" + '\0' +
                       number(capabilities & 0xffff, 2) + '\xff' + number(2, 2) +
                       number(capabilities >> 16, 2) + tiny(21) + std::string(10, '\0') +
                       "scramblescra" + '\0' + "caching_sha2_password" + '\0');
}

inline constexpr std::uint32_t kDatabase = 1u << 3, kCompress = 1u << 5, kProtocol41 = 1u << 9,
                               kTls = 1u << 11, kSecure = 1u << 15, kLengths = 1u << 21,
                               kDeprecateEof = 1u << 24, kAttributes = 1u << 27;

inline std::string login(std::uint32_t capabilities, std::string_view database = {},
                         int sequence = 1) {
  capabilities |= kProtocol41 | kSecure | (database.empty() ? 0 : kDatabase);
  std::string payload = number(capabilities, 4) + number(1 << 24, 4) + tiny(45) +
                        std::string(23, '\0') + "root" + '\0' + text("SECRET-SECRET-SECRET");
  if (!database.empty()) payload += std::string(database) + '\0';
  return packet(sequence, payload);
}
inline std::string tls_request() {
  return packet(1, number(kProtocol41 | kSecure | kTls, 4) + number(1 << 24, 4) + tiny(45) +
                       std::string(23, '\0'));
}

/// A connection whose pieces come a millisecond apart; a reply arrived half of it before.
struct Connection {
  explicit Connection(bool from_start = false)
      : decoder(make_mysql_decoder(DecoderScope{1, from_start}, books)) {}

  void send(std::string_view bytes, std::uint64_t missing = 0) {
    now += 1'000'000;
    decoder->request(Piece{bytes, missing, now, 0, 11}, calls);
  }
  void receive(std::string_view bytes, std::uint64_t missing = 0) {
    now += 1'000'000;
    decoder->reply(Piece{bytes, missing, now, now - 500'000, 12}, calls);
  }
  void log_in(std::uint32_t capabilities, std::string_view database = {}) {
    receive(greeting());
    send(login(capabilities, database));
    receive(ok(2));
  }
  std::string text_of(const Call& call) const {
    const QueryText* query = books.queries.find(call.query);
    return query ? query->text : "";
  }
  std::string last_text() const { return text_of(calls.back()); }
  /// The calls' texts, in order.
  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const Call& call : calls) all.push_back(text_of(call));
    return all;
  }
  /// Nothing waits, and nothing was odd.
  bool quiet() const {
    return decoder->pending() == 0 && !decoder->busy_since() && decoder->contradictions() == 0 &&
           decoder->lost_calls() == 0;
  }

  DecoderBooks books;
  std::unique_ptr<Decoder> decoder;
  std::vector<Call> calls;
  std::uint64_t now = 1'000'000'000;
};

inline std::string error_of(const Call& call) {
  return call.error.data();
}

}  // namespace culprit::mysql_wire
