// SPDX-License-Identifier: Apache-2.0
#include "protocol/mysql_command.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "protocol/mysql_bytes.h"

namespace culprit {

namespace {

constexpr std::array<MysqlCommand, 27> kCommands = {{
    {0x01, "QUIT", MysqlAnswer::kNone, false},
    {kMysqlInitDatabase, "INIT_DB", MysqlAnswer::kStatus, true},
    {kMysqlQuery, "QUERY", MysqlAnswer::kResult, true},
    {0x04, "FIELD_LIST", MysqlAnswer::kColumns, true},
    {0x05, "CREATE_DB", MysqlAnswer::kStatus, true},
    {0x06, "DROP_DB", MysqlAnswer::kStatus, true},
    {0x07, "REFRESH", MysqlAnswer::kStatus, true},
    {0x08, "SHUTDOWN", MysqlAnswer::kStatus, true},
    {0x09, "STATISTICS", MysqlAnswer::kText, true},
    {0x0a, "PROCESS_INFO", MysqlAnswer::kResult, true},
    {0x0c, "PROCESS_KILL", MysqlAnswer::kStatus, true},
    {0x0d, "DEBUG", MysqlAnswer::kStatus, true},
    {0x0e, "PING", MysqlAnswer::kStatus, true},
    {kMysqlChangeUser, "CHANGE_USER", MysqlAnswer::kLogin, true},
    {0x12, "BINLOG_DUMP", MysqlAnswer::kStream, true},
    {0x13, "TABLE_DUMP", MysqlAnswer::kStream, true},
    {0x15, "REGISTER_SLAVE", MysqlAnswer::kStatus, true},
    {kMysqlPrepare, "STMT_PREPARE", MysqlAnswer::kPrepare, false},
    {kMysqlExecute, "STMT_EXECUTE", MysqlAnswer::kResult, true},
    {kMysqlLongData, "STMT_SEND_LONG_DATA", MysqlAnswer::kNone, false},
    {kMysqlCloseStatement, "STMT_CLOSE", MysqlAnswer::kNone, false},
    {0x1a, "STMT_RESET", MysqlAnswer::kStatus, false},
    {0x1b, "SET_OPTION", MysqlAnswer::kStatus, true},
    {0x1c, "STMT_FETCH", MysqlAnswer::kRows, false},
    {0x1e, "BINLOG_DUMP_GTID", MysqlAnswer::kStream, true},
    {kMysqlResetConnection, "RESET_CONNECTION", MysqlAnswer::kStatus, true},
    {kMysqlBulkExecute, "STMT_BULK_EXECUTE", MysqlAnswer::kResult, true},
}};

constexpr auto make_index() {
  std::array<std::uint8_t, 256> index{};
  for (std::size_t i = 0; i < kCommands.size(); i++)
    index[kCommands[i].code] = static_cast<std::uint8_t>(i + 1);
  return index;
}
constexpr auto kIndex = make_index();

std::uint8_t byte_at(std::string_view bytes, std::size_t i) {
  return static_cast<std::uint8_t>(bytes[i]);
}

std::uint32_t length_at(std::string_view bytes, std::size_t i) {
  return byte_at(bytes, i) | static_cast<std::uint32_t>(byte_at(bytes, i + 1)) << 8 |
         static_cast<std::uint32_t>(byte_at(bytes, i + 2)) << 16;
}

bool has_attributes(std::string_view payload) {
  // The number of sets of parameters is always 1, and no SQL has that for its second byte.
  return payload.size() >= 2 && payload[1] == 1;
}

/// Whether the first bytes of a command's payload go with what its command byte says.
bool plausible_command(std::string_view payload, std::uint32_t length) {
  const MysqlCommand* command = find_mysql_command(byte_at(payload, 0));
  if (!command) return false;
  payload.remove_prefix(1);
  switch (command->code) {
    case kMysqlQuery:
    case kMysqlPrepare:
      if (payload.empty()) return true;
      return has_attributes(payload) || payload[0] == 0 || std::isprint(byte_at(payload, 0)) ||
             std::isspace(byte_at(payload, 0));
    case kMysqlExecute:
      return length >= 10;
    case kMysqlLongData:
    case kMysqlBulkExecute:
      return length >= 7;
    case kMysqlCloseStatement:
      return length == 5;
  }
  // All others are short.
  return length <= 1024;
}

/// Skips the value of a parameter; false when its type is not known or it goes past the end.
bool skip_parameter(MysqlReader& reader, std::uint8_t type) {
  switch (type) {
    case 6:  // NULL
      return true;
    case 1:    // TINY
    case 244:  // BOOL
      return reader.skip(1);
    case 2:   // SHORT
    case 13:  // YEAR
      return reader.skip(2);
    case 3:  // LONG
    case 4:  // FLOAT
    case 9:  // INT24
      return reader.skip(4);
    case 5:  // DOUBLE
    case 8:  // LONGLONG
      return reader.skip(8);
    case 7:   // TIMESTAMP, DATE, TIME and DATETIME: one byte of length, which fits below
    case 10:  // that of a string, as it is at most 12
    case 11:
    case 12:
    case 0:    // DECIMAL
    case 15:   // VARCHAR
    case 16:   // BIT
    case 245:  // JSON, NEWDECIMAL, ENUM, SET, the BLOBs, the strings, GEOMETRY
    case 246:
    case 247:
    case 248:
    case 249:
    case 250:
    case 251:
    case 252:
    case 253:
    case 254:
    case 255:
      return reader.skip_length_encoded_string();
  }
  return false;
}

/// Skips the parameters that COM_QUERY carries before its text.
bool skip_attributes(MysqlReader& reader) {
  constexpr std::size_t kMostAttributes = 64;
  const auto count = reader.length_encoded();
  if (!count || !reader.length_encoded()) return false;
  if (*count == 0) return true;
  if (*count > kMostAttributes) return false;
  const std::string_view nulls = reader.rest();
  if (!reader.skip((*count + 7) / 8) || reader.integer(1) != 1u) return false;
  std::array<std::uint8_t, kMostAttributes> types{};
  for (std::size_t i = 0; i < *count; i++) {
    const auto type = reader.integer(2);
    if (!type || !reader.skip_length_encoded_string()) return false;
    types[i] = static_cast<std::uint8_t>(*type);
  }
  for (std::size_t i = 0; i < *count; i++)
    if (!(byte_at(nulls, i / 8) & 1 << i % 8) && !skip_parameter(reader, types[i])) return false;
  return true;
}

}  // namespace

const MysqlCommand* find_mysql_command(std::uint8_t code) {
  return kIndex[code] ? &kCommands[kIndex[code] - 1u] : nullptr;
}

bool starts_mysql_command(std::string_view bytes) {
  constexpr std::size_t kHeader = 4;
  if (bytes.size() < kHeader) return false;
  while (bytes.size() >= kHeader) {
    const std::uint32_t length = length_at(bytes, 0);
    if (bytes[3] != 0 || length == 0) return false;
    bytes.remove_prefix(kHeader);
    if (bytes.empty()) return true;  // the body comes in another piece
    if (!plausible_command(bytes, length)) return false;
    if (bytes.size() < length) return true;
    bytes.remove_prefix(length);
  }
  return bytes.empty();
}

bool starts_mysql_compressed(std::string_view bytes) {
  constexpr std::size_t kEnvelope = 7;
  if (bytes.size() < kEnvelope + 5 || bytes[3] != 0) return false;
  const std::uint32_t length = length_at(bytes, 0), inflated = length_at(bytes, 4);
  if (bytes.size() != kEnvelope + length) return false;
  if (inflated == 0) return starts_mysql_command(bytes.substr(kEnvelope));
  const bool zlib = bytes[7] == 0x78;
  const bool zstd = bytes.substr(kEnvelope, 4) == "\x28\xb5\x2f\xfd";
  return inflated > length && (zlib || zstd);
}

std::optional<std::string_view> mysql_query_text(std::string_view payload,
                                                 std::optional<bool> attributes) {
  if (!attributes.value_or(has_attributes(payload))) return payload;
  MysqlReader reader(payload);
  if (!skip_attributes(reader)) return std::nullopt;
  return reader.rest();
}

std::string_view mysql_used_database(std::string_view sql) {
  constexpr std::string_view kBlank = " \t\r\n", kUse = "use";
  sql.remove_prefix(std::min(sql.find_first_not_of(kBlank), sql.size()));
  if (sql.size() <= kUse.size() || kBlank.find(sql[kUse.size()]) == std::string_view::npos)
    return {};
  for (std::size_t i = 0; i < kUse.size(); i++)
    if ((sql[i] | 0x20) != kUse[i]) return {};
  sql.remove_prefix(kUse.size());
  sql.remove_prefix(std::min(sql.find_first_not_of(kBlank), sql.size()));
  if (!sql.empty() && sql[0] == '`') return sql.substr(1, sql.find('`', 1) - 1);
  return sql.substr(0, sql.find_first_of(" \t\r\n;"));
}

}  // namespace culprit
