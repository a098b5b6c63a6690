// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/postgresql.h"

/// Messages of PostgreSQL's protocol, and a connection that speaks them to a decoder.
namespace culprit::postgresql {

inline std::string int32(std::uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xff);
  return bytes;
}

inline std::string text(std::string_view string) {
  return std::string(string) + '\0';
}

inline std::string message(char type, std::string_view body = {}) {
  return type + int32(static_cast<std::uint32_t>(body.size() + 4)) + std::string(body);
}

inline std::string packet(std::string_view body) {
  return int32(static_cast<std::uint32_t>(body.size() + 4)) + std::string(body);
}

// Requests.
inline std::string query(std::string_view sql) {
  return message('Q', text(sql));
}
inline std::string parse(std::string_view name, std::string_view sql) {
  return message('P', text(name) + text(sql) + std::string(2, '\0'));
}
inline std::string bind_to(std::string_view portal, std::string_view statement,
                           std::string_view value = "42") {
  const std::string one("\0\1", 2), none("\0\0", 2);
  return message('B', text(portal) + text(statement) + none + one +
                          int32(static_cast<std::uint32_t>(value.size())) + std::string(value) +
                          none);
}
inline std::string describe(char what, std::string_view name) {
  return message('D', what + text(name));
}
inline std::string execute(std::string_view portal = "", std::uint32_t most = 0) {
  return message('E', text(portal) + int32(most));
}
inline std::string close_up(char what, std::string_view name) {
  return message('C', what + text(name));
}
inline std::string sync_up() {
  return message('S');
}
inline std::string flush() {
  return message('H');
}

// Replies.
inline std::string ready(char status = 'I') {
  return message('Z', std::string(1, status));
}
inline std::string complete(std::string_view tag) {
  return message('C', text(tag));
}
inline std::string parsed() {
  return message('1');
}
inline std::string bound() {
  return message('2');
}
inline std::string row_description() {
  return message('T', std::string("\0\1", 2) + text("a") + std::string(18, '\0'));
}
inline std::string row(std::string_view value) {
  return message('D', std::string("\0\1", 2) + int32(static_cast<std::uint32_t>(value.size())) +
                          std::string(value));
}
inline std::string error(std::string_view sqlstate) {
  return message('E', text("SERROR") + text("VERROR") + text("C" + std::string(sqlstate)) +
                          text("Mwhat went wrong, told at length") + text("Fexecute.c") +
                          text("L123") + text("RExecSomething") + '\0');
}
inline std::string notice() {
  return message('N', text("SNOTICE") + text("Mmind") + '\0');
}
inline std::string notification() {
  return message('A', int32(77) + text("channel") + text("x"));
}

/// Each piece comes a microsecond after the one before and is read half of one after it came.
class Wire {
 public:
  explicit Wire(bool from_start = false, std::uint64_t application = 1)
      : own_(std::make_unique<DecoderBooks>()), books_(*own_) {
    start(from_start, application);
  }
  Wire(DecoderBooks& books, std::uint64_t application, bool from_start = false) : books_(books) {
    start(from_start, application);
  }

  std::uint64_t request(std::string_view bytes, std::uint64_t missing = 0) {
    decoder->request(piece(bytes, missing, 7), done);
    return now_;
  }
  std::uint64_t reply(std::string_view bytes, std::uint64_t missing = 0) {
    decoder->reply(piece(bytes, missing, 8), done);
    return now_;
  }
  std::uint64_t close() {
    decoder->close(now_ += 1000, done);
    return now_;
  }
  std::uint64_t now() const { return now_; }

  std::vector<Call> take() { return std::exchange(done, {}); }
  std::string text_of(const Call& call) const {
    const QueryText* found = books_.queries.find(call.query);
    return found ? found->text : "";
  }

  std::unique_ptr<Decoder> decoder;
  std::vector<Call> done;

 private:
  void start(bool from_start, std::uint64_t application) {
    decoder = make_postgresql_decoder({application, from_start}, books_);
  }
  Piece piece(std::string_view bytes, std::uint64_t missing, std::uint32_t tid) {
    now_ += 1000;
    return {bytes, missing, now_, now_ - 500, tid};
  }

  std::unique_ptr<DecoderBooks> own_;
  DecoderBooks& books_;
  std::uint64_t now_ = 1'000'000;
};

inline std::string error_of(const Call& call) {
  return call.error.data();
}

}  // namespace culprit::postgresql
