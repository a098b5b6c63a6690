// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "catch.h"
#include "protocol/memcached.h"
#include "protocol/redis.h"

namespace culprit {

/// A connection to a cache as it is captured; each piece comes 10 ns after the one before.
struct CacheWire {
  using Factory = std::unique_ptr<Decoder> (*)(const DecoderScope&, DecoderBooks&);

  explicit CacheWire(Factory factory, bool from_start = true)
      : decoder(factory({.application = 1, .from_start = from_start}, books)) {}

  void request(std::string_view bytes, std::uint64_t missing = 0) {
    decoder->request({bytes, missing, now += 10, 0, 7}, calls);
  }
  void reply(std::string_view bytes, std::uint64_t missing = 0) {
    now += 10;
    decoder->reply({bytes, missing, now, now - 3, 8}, calls);
  }
  void close() { decoder->close(now += 10, calls); }

  std::string text(std::size_t i) const {
    REQUIRE(i < calls.size());
    const QueryText* const text = books.queries.find(calls[i].query);
    REQUIRE(text != nullptr);
    return text->text;
  }
  /// Of the last call.
  std::string text() const { return text(calls.size() - 1); }
  const Call& last() const {
    REQUIRE(!calls.empty());
    return calls.back();
  }
  /// "GET user:? +1 -0" for each call.
  std::string summary() const {
    std::string all;
    for (std::size_t i = 0; i < calls.size(); i++) {
      all += text(i) + " +" + std::to_string(calls[i].cache_hits) + " -" +
             std::to_string(calls[i].cache_misses) + "\n";
    }
    return all;
  }

  DecoderBooks books;
  std::unique_ptr<Decoder> decoder;
  std::uint64_t now = 1000;
  std::vector<Call> calls;
};

/// A request of Redis from its arguments.
inline std::string resp(const std::vector<std::string>& arguments) {
  std::string bytes = "*" + std::to_string(arguments.size()) + "\r\n";
  for (const std::string& argument : arguments) {
    bytes += "$" + std::to_string(argument.size()) + "\r\n" + argument + "\r\n";
  }
  return bytes;
}

}  // namespace culprit
