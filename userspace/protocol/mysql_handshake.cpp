// SPDX-License-Identifier: Apache-2.0
#include "protocol/mysql_handshake.h"

#include "protocol/mysql_bytes.h"

namespace culprit {

namespace {

constexpr char kGreetingVersion = 0x0a;
constexpr std::uint64_t kTlsRequestSize = 32;

}  // namespace

bool starts_mysql_greeting(std::string_view bytes) {
  return bytes.size() > 5 && bytes[2] == 0 && bytes[3] == 0 && bytes[4] == kGreetingVersion &&
         bytes[5] >= '0' && bytes[5] <= '9';
}

std::optional<std::uint32_t> parse_mysql_greeting(std::string_view payload) {
  MysqlReader reader(payload);
  if (reader.integer(1) != static_cast<std::uint64_t>(kGreetingVersion)) return std::nullopt;
  // Version; then thread id, scramble and a filler; between the halves of the capabilities
  // stand character set and status.
  if (!reader.until_nul() || !reader.skip(4 + 8 + 1)) return std::nullopt;
  const auto low = reader.integer(2);
  if (!low || !reader.skip(1 + 2)) return std::nullopt;
  const auto high = reader.integer(2);
  if (!high) return std::nullopt;
  return static_cast<std::uint32_t>(*low | *high << 16);
}

std::optional<MysqlLogin> parse_mysql_login(std::string_view payload, std::uint64_t length) {
  MysqlReader reader(payload);
  MysqlLogin login;
  const auto capabilities = reader.integer(4);
  if (!capabilities || !(*capabilities & kMysqlProtocol41)) return std::nullopt;
  login.capabilities = static_cast<std::uint32_t>(*capabilities);
  login.asks_for_tls = (login.capabilities & kMysqlTls) && length == kTlsRequestSize;
  // Greatest packet, character set, filler; then the user.
  if (!reader.skip(4 + 1 + 23) || !reader.until_nul()) return login;
  bool skipped = false;
  if (login.capabilities & kMysqlAuthLengthEncoded) {
    skipped = reader.skip_length_encoded_string();
  } else if (login.capabilities & kMysqlSecureConnection) {
    const auto size = reader.integer(1);
    skipped = size && reader.skip(*size);
  } else {
    skipped = reader.until_nul().has_value();
  }
  if (skipped && (login.capabilities & kMysqlConnectWithDatabase))
    login.database = reader.until_nul().value_or("");
  return login;
}

std::string_view parse_mysql_change_user(std::string_view payload) {
  MysqlReader reader(payload);
  if (!reader.skip(1) || !reader.until_nul()) return {};
  const auto size = reader.integer(1);
  if (!size || !reader.skip(*size)) return {};
  return reader.until_nul().value_or("");
}

}  // namespace culprit
