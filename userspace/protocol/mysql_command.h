// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace culprit {

/// What the server answers a command with.
enum class MysqlAnswer : std::uint8_t {
  kNone,
  kStatus,   ///< one packet: OK, error or EOF
  kResult,   ///< results, each a status, or columns and rows, or a request for a file
  kRows,     ///< rows up to a status
  kColumns,  ///< definitions of columns up to a status
  kPrepare,  ///< a statement's id and the definitions of its parameters and columns
  kText,     ///< one packet of text
  kLogin,    ///< requests for more of the login, then a status
  kStream,   ///< events, for as long as the connection lasts
};

enum MysqlCode : std::uint8_t {
  kMysqlInitDatabase = 0x02,
  kMysqlQuery = 0x03,
  kMysqlChangeUser = 0x11,
  kMysqlPrepare = 0x16,
  kMysqlExecute = 0x17,
  kMysqlLongData = 0x18,
  kMysqlCloseStatement = 0x19,
  kMysqlResetConnection = 0x1f,
  kMysqlBulkExecute = 0xfa,
};

struct MysqlCommand {
  std::uint8_t code = 0;
  std::string_view name;
  MysqlAnswer answer = MysqlAnswer::kNone;
  bool counts = false;  ///< it is a call
};

/// nullptr for what clients do not send.
const MysqlCommand* find_mysql_command(std::uint8_t code);

/// True when `bytes` look like commands, or the first part of one, from their first byte on.
bool starts_mysql_command(std::string_view bytes);
/// True when they look like a command in the envelope of the compressed protocol.
bool starts_mysql_compressed(std::string_view bytes);

/// The SQL in what follows COM_QUERY's first byte; nullopt when it lies behind parameters that
/// cannot be skipped. `attributes`: the client sends parameters with the text; nullopt: judge
/// by the bytes.
std::optional<std::string_view> mysql_query_text(std::string_view payload,
                                                 std::optional<bool> attributes);

/// The database that a USE statement names; "" for other statements.
std::string_view mysql_used_database(std::string_view sql);

}  // namespace culprit
