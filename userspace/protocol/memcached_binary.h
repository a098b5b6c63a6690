// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/memcached_text.h"

namespace culprit {

constexpr std::size_t kMemcachedHeader = 24;
constexpr char kMemcachedRequestMagic = '\x80', kMemcachedReplyMagic = '\x81';

/// The header of a message of the binary protocol.
struct MemcachedHeader {
  std::uint8_t opcode = 0;
  std::uint16_t status = 0;  ///< of a reply
  std::uint32_t opaque = 0;
  std::size_t extras = 0, key = 0;
  std::uint64_t body = 0;  ///< extras and key counted
};

/// nullopt: contradicts itself. `bytes` has kMemcachedHeader of them.
std::optional<MemcachedHeader> parse_memcached_header(std::string_view bytes);

/// What the header tells of a request; the key is left out.
MemcachedRequest memcached_request_of(const MemcachedHeader& header);
/// The key says what is asked for (not how to authenticate).
bool has_memcached_key(std::uint8_t opcode);

MemcachedReply memcached_reply_of(const MemcachedHeader& header);
/// More of the same reply follows.
bool is_memcached_item(const MemcachedHeader& header);
/// Not found, exists and not stored are answers; the rest are errors.
bool is_memcached_error(std::uint16_t status);

}  // namespace culprit
