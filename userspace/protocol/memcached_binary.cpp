// SPDX-License-Identifier: Apache-2.0
#include "protocol/memcached_binary.h"

#include <algorithm>
#include <iterator>

namespace culprit {
namespace {

constexpr std::uint64_t kLongestBody = std::uint64_t{1} << 31;
constexpr std::uint8_t kStat = 0x10;

struct Operation {
  std::string_view name;
  bool quiet = false, get = false, key = true;
};

constexpr Operation kOperations[] = {
    {"GET", false, true},           // 0x00
    {"SET"},                        // 0x01
    {"ADD"},                        // 0x02
    {"REPLACE"},                    // 0x03
    {"DELETE"},                     // 0x04
    {"INCR"},                       // 0x05
    {"DECR"},                       // 0x06
    {"QUIT", false, false, false},  // 0x07
    {"FLUSH_ALL", false, false, false},
    {"GET", true, true},               // 0x09
    {"NOOP", false, false, false},     // 0x0a
    {"VERSION", false, false, false},  // 0x0b
    {"GET", false, true},              // 0x0c
    {"GET", true, true},               // 0x0d
    {"APPEND"},                        // 0x0e
    {"PREPEND"},                       // 0x0f
    {"STATS", false, false, false},    // 0x10
    {"SET", true},                     // 0x11
    {"ADD", true},                     // 0x12
    {"REPLACE", true},                 // 0x13
    {"DELETE", true},                  // 0x14
    {"INCR", true},                    // 0x15
    {"DECR", true},                    // 0x16
    {"QUIT", true, false, false},      // 0x17
    {"FLUSH_ALL", true, false, false},
    {"APPEND", true},                    // 0x19
    {"PREPEND", true},                   // 0x1a
    {"VERBOSITY", false, false, false},  // 0x1b
    {"TOUCH"},                           // 0x1c
    {"GAT", false, true},                // 0x1d
    {"GAT", true, true},                 // 0x1e
    {"?", false, false, false},          // 0x1f
    {"SASL_LIST", false, false, false},  // 0x20
    {"SASL_AUTH", false, false, false},  // 0x21
    {"SASL_STEP", false, false, false},  // 0x22
    {"GAT", false, true},                // 0x23
    {"GAT", true, true},                 // 0x24
};
constexpr Operation kUnknown = {"?", false, false, false};
constexpr std::uint8_t kQuitQuietly = 0x17;

const Operation& operation_of(std::uint8_t opcode) {
  return opcode < std::size(kOperations) ? kOperations[opcode] : kUnknown;
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

}  // namespace

std::optional<MemcachedHeader> parse_memcached_header(std::string_view bytes) {
  MemcachedHeader header;
  header.opcode = static_cast<std::uint8_t>(bytes[1]);
  header.key = big_endian(bytes.substr(2, 2));
  header.extras = static_cast<unsigned char>(bytes[4]);
  header.status = static_cast<std::uint16_t>(big_endian(bytes.substr(6, 2)));
  header.body = big_endian(bytes.substr(8, 4));
  header.opaque = static_cast<std::uint32_t>(big_endian(bytes.substr(12, 4)));
  if (bytes[5] != 0 || header.body > kLongestBody || header.extras + header.key > header.body) {
    return std::nullopt;
  }
  return header;
}

MemcachedRequest memcached_request_of(const MemcachedHeader& header) {
  const Operation& operation = operation_of(header.opcode);
  MemcachedRequest request;
  request.name = operation.name;
  request.kind = operation.get ? MemcachedKind::kBinaryGet : MemcachedKind::kBinary;
  if (header.opcode == kQuitQuietly) request.kind = MemcachedKind::kSilent;
  request.keys = operation.get;
  request.quiet = operation.quiet;
  request.opcode = header.opcode;
  request.token = std::uint64_t{header.opaque} + 1;
  return request;
}

bool has_memcached_key(std::uint8_t opcode) {
  return operation_of(opcode).key;
}

MemcachedReply memcached_reply_of(const MemcachedHeader& header) {
  MemcachedReply reply;
  reply.binary = true;
  reply.word = is_memcached_item(header)           ? MemcachedWord::kItem
               : is_memcached_error(header.status) ? MemcachedWord::kError
                                                   : MemcachedWord::kOther;
  reply.opcode = header.opcode;
  reply.status = header.status;
  reply.opaque_token = std::uint64_t{header.opaque} + 1;
  return reply;
}

bool is_memcached_item(const MemcachedHeader& header) {
  return header.opcode == kStat && header.status == 0 && header.key > 0;
}

bool is_memcached_error(std::uint16_t status) {
  constexpr std::uint16_t kAnswers[] = {0x00, 0x01, 0x02, 0x05, 0x21};
  return std::find(std::begin(kAnswers), std::end(kAnswers), status) == std::end(kAnswers);
}

}  // namespace culprit
