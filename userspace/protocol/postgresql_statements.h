// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "protocol/decoder.h"
#include "protocol/sql_normalizer.h"

namespace culprit {

/// What an Execute will run: 0 and `unseen` when it was prepared before culprit came.
struct PreparedQuery {
  QueryId query = 0;
  bool prepared = false, unseen = false, cut = false;
};

/// Prepared statements and portals of one connection, by name. Bounded.
class PostgresqlStatements {
 public:
  PostgresqlStatements(std::uint64_t application, DecoderBooks& books)
      : application_(application), books_(books) {}

  /// Id of an SQL text; literals end here.
  PreparedQuery query(std::string_view sql, bool cut);
  /// Body of a Parse message: name, text.
  void parse(std::string_view body, bool cut);
  /// Body of a Bind message: portal, statement.
  void bind(std::string_view body);
  /// Body of an Execute message: portal.
  PreparedQuery portal(std::string_view body) const;
  /// Body of a Close message: 'S' or 'P', name.
  void close(std::string_view body);
  void forget_all();

 private:
  std::uint64_t application_;
  DecoderBooks& books_;
  SqlNormalizer normalizer_;
  // The unnamed ones, which most clients use, without a look-up.
  PreparedQuery unnamed_statement_, unnamed_portal_;
  std::unordered_map<std::string, PreparedQuery> statements_, portals_;
};

}  // namespace culprit
