// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace culprit {

/// How a request of Memcached is answered.
enum class MemcachedKind : std::uint8_t {
  kLine,  ///< by one line, or by items and END
  kGet,   ///< by values and END
  kMetaGet,
  kMetaSet,
  kMetaDelete,
  kMetaArithmetic,
  kMetaNoop,   ///< answered after all before it
  kSilent,     ///< not at all
  kFeed,       ///< by lines without end
  kBinary,     ///< by a binary message
  kBinaryGet,  ///< as kBinary; it asks for one key
};

struct MemcachedRequest {
  std::string_view name = "?";  ///< upper case, of static storage
  std::string_view key;         ///< first key; empty: it has none
  bool key_cut = false;
  std::uint32_t keys = 0;
  MemcachedKind kind = MemcachedKind::kLine;
  bool quiet = false;                 ///< answered only when there is something to tell
  std::uint8_t opcode = 0;            ///< of the binary protocol
  std::uint64_t token = 0;            ///< hash of what the reply repeats; 0: nothing
  std::optional<std::uint64_t> data;  ///< bytes that follow the line, the line end not counted
};

/// A line of the text protocol without its end; `words`: of the whole line, should only its
/// beginning be given. The views are into `line`.
MemcachedRequest parse_memcached_request(std::string_view line, std::uint64_t words);

/// True for the name of a command.
bool is_memcached_command(std::string_view word);

enum class MemcachedWord : std::uint8_t {
  kUnknown,  ///< nothing that a server says
  kOther,    ///< STORED, DELETED, a number, …
  kValue,    ///< VALUE, a value of several
  kItem,     ///< STAT and other lines of several
  kEnd,      ///< of values or items
  kError,    ///< ERROR, CLIENT_ERROR, SERVER_ERROR
  kMetaValue,
  kMetaHit,
  kMetaMiss,
  kMetaNotFound,
  kMetaNotStored,
  kMetaExists,
  kMetaNoop,
};

struct MemcachedReply {
  MemcachedWord word = MemcachedWord::kUnknown;
  std::string_view error;                         ///< first word of an error, of static storage
  std::uint64_t opaque_token = 0, key_token = 0;  ///< as MemcachedRequest::token
  bool binary = false;
  std::uint8_t opcode = 0;
  std::uint16_t status = 0;           ///< of the binary protocol
  std::optional<std::uint64_t> data;  ///< as MemcachedRequest::data
};

MemcachedReply parse_memcached_reply(std::string_view line);

/// The next word of a line, which is taken off; "" at its end.
std::string_view take_memcached_word(std::string_view& line);

}  // namespace culprit
