// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace culprit {

/// Bits of what client and server agree on at login.
constexpr std::uint32_t kMysqlConnectWithDatabase = 1u << 3;
constexpr std::uint32_t kMysqlCompress = 1u << 5;
constexpr std::uint32_t kMysqlProtocol41 = 1u << 9;
constexpr std::uint32_t kMysqlTls = 1u << 11;
constexpr std::uint32_t kMysqlSecureConnection = 1u << 15;
constexpr std::uint32_t kMysqlAuthLengthEncoded = 1u << 21;
constexpr std::uint32_t kMysqlDeprecateEof = 1u << 24;
constexpr std::uint32_t kMysqlZstd = 1u << 26;
constexpr std::uint32_t kMysqlQueryAttributes = 1u << 27;

/// First bytes of the server's packets.
constexpr std::uint8_t kMysqlOk = 0x00, kMysqlFile = 0xfb, kMysqlEof = 0xfe, kMysqlError = 0xff;

/// A packet of this length is continued by the next.
constexpr std::uint32_t kMysqlMostPacket = 0xffffff;

/// Reads the protocol's integers and strings, and nothing past the end: nullopt or false
/// where the bytes do not suffice, which leaves the reader where it was.
class MysqlReader {
 public:
  explicit MysqlReader(std::string_view bytes) : rest_(bytes) {}

  std::optional<std::uint64_t> integer(std::size_t size);  ///< little endian, size <= 8
  /// nullopt for the markers of NULL and of an error, too.
  std::optional<std::uint64_t> length_encoded();
  std::optional<std::string_view> until_nul();
  bool skip(std::uint64_t size);
  bool skip_length_encoded_string();
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace culprit
