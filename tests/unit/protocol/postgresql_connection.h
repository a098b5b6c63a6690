// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/postgresql.h"
#include "unit/protocol/postgresql_wire.h"

namespace culprit::postgresql {

/// A connection that says what it is told to a decoder.
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
