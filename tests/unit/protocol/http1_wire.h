// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/http1.h"

namespace culprit {

/// A connection on which each piece comes 10 ns after the one before.
class Http1Wire {
 public:
  explicit Http1Wire(bool from_start = true) {
    DecoderScope scope;
    scope.application = 1;
    scope.from_start = from_start;
    decoder_ = make_http1_decoder(scope, books_);
  }

  /// The client writes, thread 1. Returns when.
  std::uint64_t request(std::string_view bytes, std::uint64_t missing_before = 0) {
    decoder_->request(piece(bytes, missing_before, 1), done);
    return now_;
  }
  /// The client reads, thread 2, what arrived 3 ns before.
  std::uint64_t reply(std::string_view bytes, std::uint64_t missing_before = 0) {
    decoder_->reply(piece(bytes, missing_before, 2), done);
    return now_;
  }
  std::uint64_t close() {
    decoder_->close(now_ += 10, done);
    return now_;
  }
  void request_bytewise(std::string_view bytes) {
    for (const char& byte : bytes) request(std::string_view(&byte, 1));
  }
  void reply_bytewise(std::string_view bytes) {
    for (const char& byte : bytes) reply(std::string_view(&byte, 1));
  }

  std::string text(const Call& call) const {
    const QueryText* known = books_.queries.find(call.query);
    return known ? known->text : "";
  }
  std::string operation(const Call& call) const {
    return books_.queries.find(call.query)->operation;
  }
  const Decoder& decoder() const { return *decoder_; }

  std::vector<Call> done;

 private:
  Piece piece(std::string_view bytes, std::uint64_t missing_before, std::uint32_t tid) {
    now_ += 10;
    Piece piece;
    piece.bytes = bytes;
    piece.missing_before = missing_before;
    piece.time_ns = now_;
    piece.arrived_ns = now_ - 3;
    piece.tid = tid;
    return piece;
  }

  DecoderBooks books_;
  std::unique_ptr<Decoder> decoder_;
  std::uint64_t now_ = 1000;
};

inline const std::string kGet = "GET /a HTTP/1.1\r\nHost: shop.example\r\nCookie: s=secret\r\n\r\n";
inline const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
inline const std::string kChunkedHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

}  // namespace culprit
