// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "protocol/decoder.h"

namespace culprit {

struct PostgresqlStatement {
  QueryId query = 0;
  std::uint16_t flags = kCallTextUnseen;  ///< CallFlag, for each execution
};

/// What the names of one connection stand for: prepared statements and portals. Bounded;
/// names without room are told by what other connections prepare.
class PostgresqlStatements {
 public:
  PostgresqlStatements(std::uint64_t application, DecoderBooks& books)
      : application_(application), books_(books) {}

  /// A text, interned without its literals. `cut`: there was more of it.
  PostgresqlStatement of_text(std::string_view sql, bool cut);
  /// A call of a function by its number, without any text.
  PostgresqlStatement of_function(std::uint32_t number);

  void prepare(std::string_view name, const PostgresqlStatement& statement);
  void bind(std::string_view portal, std::string_view statement);
  PostgresqlStatement of_portal(std::string_view portal) const;

  void close_statement(std::string_view name);
  void close_portal(std::string_view name);
  /// Portals do not outlive their transaction.
  void end_transaction();
  /// Forgets the names that the text deallocates, if it does.
  void heed(std::string_view sql);

 private:
  PostgresqlStatement of_name(std::string_view name) const;

  struct Recent {
    std::uint64_t key = 0;
    PostgresqlStatement statement;
  };

  std::uint64_t application_;
  DecoderBooks& books_;
  PostgresqlStatement unnamed_, unnamed_portal_;
  // Hashes of names, so that long ones take no room.
  std::unordered_map<std::uint64_t, PostgresqlStatement> named_, portals_;
  // Texts repeat: PQexecParams() sends the same one each time.
  std::array<Recent, 8> recent_{};
};

}  // namespace culprit
