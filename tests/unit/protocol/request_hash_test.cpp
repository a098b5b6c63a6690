// SPDX-License-Identifier: Apache-2.0
#include "protocol/request_hash.h"

#include <string>

#include "catch.h"

using namespace culprit;

namespace {

constexpr std::uint64_t kKey = 0x1122334455667788;

std::uint32_t hash_of(std::string_view text, std::size_t step = 1000,
                      RequestHash::Form form = RequestHash::Form::kBytes,
                      std::uint64_t key = kKey) {
  RequestHash hash(form, key);
  for (std::size_t at = 0; at < text.size(); at += step) {
    Piece piece;
    piece.bytes = text.substr(at, step);
    hash.add(piece);
  }
  CHECK(hash.bytes() == text.size());
  return hash.take();
}

}  // namespace

TEST_CASE("the same request has the same number, however it was cut", "[request_hash]") {
  const std::string query = "SELECT * FROM users WHERE id = 42 AND name = 'Zoe'";
  const std::uint32_t number = hash_of(query);
  CHECK(number != 0);
  for (std::size_t step = 1; step < query.size(); step++) CHECK(hash_of(query, step) == number);
  CHECK(hash_of("SELECT * FROM users WHERE id = 43 AND name = 'Zoe'") != number);
  CHECK(hash_of(query + " ") != number);
  CHECK(hash_of(query + std::string(1, '\0')) != number);
  CHECK(hash_of(query, 1000, RequestHash::Form::kBytes, kKey + 1) != number);
}

TEST_CASE("of HTTP the line and the body count", "[request_hash]") {
  const auto http = [](std::string_view text, std::size_t step = 1000) {
    return hash_of(text, step, RequestHash::Form::kHttp);
  };
  const std::string one = "POST /pay?id=1 HTTP/1.1\r\nHost: a\r\ntraceparent: 0a\r\n\r\namount=3";
  const std::string again =
      "POST /pay?id=1 HTTP/1.1\r\nHost: a\r\ntraceparent: 0bcd\r\n\r\namount=3";
  CHECK(http(one) == http(again));
  for (std::size_t step = 1; step < one.size(); step++) CHECK(http(one, step) == http(one));
  CHECK(http(one) != http("POST /pay?id=2 HTTP/1.1\r\nHost: a\r\n\r\namount=3"));
  CHECK(http(one) != http("POST /pay?id=1 HTTP/1.1\r\nHost: a\r\n\r\namount=4"));
}

TEST_CASE("a request of which bytes are missing has no number; the next one has",
          "[request_hash]") {
  RequestHash hash(RequestHash::Form::kBytes, kKey);
  CHECK(hash.take() == 0);
  Piece piece;
  piece.bytes = "SELECT 1";
  piece.missing_before = 4;
  hash.add(piece);
  CHECK(hash.take() == 0);
  piece.missing_before = 0;
  hash.add(piece);
  CHECK(hash.take() == hash_of("SELECT 1"));
}
