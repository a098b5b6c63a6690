// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace culprit {

struct MysqlLogin {
  std::uint32_t capabilities = 0;
  bool asks_for_tls = false;  ///< the connection is encrypted from the next byte on
  std::string_view database;  ///< "": none, or not captured
};

/// True for the first packet of a server, header included.
bool starts_mysql_greeting(std::string_view bytes);
/// What the server is able to; nullopt when it was not captured so far.
std::optional<std::uint32_t> parse_mysql_greeting(std::string_view payload);
/// The client's first packet of `length` bytes; nothing of it but the database is given out.
std::optional<MysqlLogin> parse_mysql_login(std::string_view payload, std::uint64_t length);
/// The database that COM_CHANGE_USER asks for; "" when there is none.
std::string_view parse_mysql_change_user(std::string_view payload);

}  // namespace culprit
