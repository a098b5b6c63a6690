// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "protocol/decoder.h"

namespace culprit {

/// What an Execute will run: 0 and `unseen` when it was prepared before culprit came.
struct PreparedQuery {
  QueryId query = 0;
  bool prepared = false, unseen = false, cut = false;
};

/// Prepared statements and portals of one connection, by name. Bounded.
class PostgresqlStatements {
 public:
  static constexpr std::size_t kMostStatements = 4096;
  static constexpr std::size_t kMostPortals = 256;
  static constexpr std::size_t kLongestName = 256;

  PostgresqlStatements(std::uint64_t application, DecoderBooks& books)
      : application_(application), books_(books) {}

  /// Id of an SQL text; literals end here. Statements that it discards are forgotten.
  PreparedQuery query(std::string_view sql, bool cut);
  /// The same for a function call, which has no text.
  PreparedQuery function_call();
  /// Body of a Parse message: name, text.
  void parse(std::string_view body, bool cut);
  /// Body of a Bind message: portal, statement.
  void bind(std::string_view body);
  /// Body of an Execute message: portal.
  PreparedQuery portal(std::string_view body) const;
  /// Body of a Close message: 'S' or 'P', name.
  void close(std::string_view body);
  /// What was parsed or bound last.
  const PreparedQuery& latest() const { return latest_; }

  DecoderBooks& books() { return books_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Names = std::unordered_map<std::string, PreparedQuery, Hash, std::equal_to<>>;
  /// A text as it came, told by its hash alone: those who send the same again and again save
  /// the normalising.
  struct Known {
    std::size_t hash = 0, size = 0;
    PreparedQuery query;
  };

  void discard(std::string_view operation, std::string_view sql);
  static void remember(Names& names, std::size_t most, std::string_view name,
                       const PreparedQuery& query);

  std::uint64_t application_;
  DecoderBooks& books_;
  // The unnamed ones, which most clients use, without a look-up.
  PreparedQuery unnamed_statement_, unnamed_portal_, latest_;
  Names statements_, portals_;
  std::array<Known, 8> known_{};
};

}  // namespace culprit
