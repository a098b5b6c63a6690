// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "protocol/decoder.h"
#include "protocol/redis_request.h"

namespace culprit {

/// What a request of Redis is called: `GET user:?`, `CONFIG GET`, `EVALSHA 6b1bf486`.
class RedisText {
 public:
  RedisText(std::uint64_t application, DecoderBooks& books)
      : application_(application), books_(books) {}

  /// The request may be half read.
  QueryId name(const RedisRequestReader& request);

 private:
  void add_key(const RedisRequestReader& request, std::size_t i);
  void add_word(const RedisRequestReader& request, std::size_t i);
  void add_identifier(const RedisRequestReader& request, std::size_t i, std::size_t most);

  std::uint64_t application_;
  DecoderBooks& books_;
  std::string text_;
};

/// Which argument of XREAD or XREADGROUP says BLOCK or STREAMS (`word`, upper case); 0: none.
std::size_t find_redis_word(const RedisRequestReader& request, std::string_view word);

}  // namespace culprit
