// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "protocol/sql_lists.h"

namespace culprit {

enum class SqlDialect { kPostgresql, kMysql };

struct NormalizedSql {
  std::string_view text;       ///< without any literal; at most SqlNormalizer::kMost long
  std::string_view operation;  ///< first keyword, upper case: SELECT, INSERT, BEGIN, … ; the
                               ///< verb itself after WITH; OTHER for a word that is none;
                               ///< empty where there is no statement. Lasts for ever
  bool cut = false;            ///< there was more than has room
};

/// SQL text without literals: strings, numbers, parameters and lists of them become `?`,
/// comments go, white space folds, keywords are upper case. Statements that differ only in
/// literals give the same text; a normalised text stays as it is. About 0.4 µs for 100 bytes of
/// usual SQL, 1 µs where each byte is a token; keeps its buffer, so that one object a thread
/// serves all statements. The text holds until the next call.
///
/// NULL, TRUE, FALSE and DEFAULT stay, but in the lists of VALUES and IN, where they stand for
/// any value, they are literals too. Of several rows of VALUES only the first stays. Digits in
/// names of savepoints, cursors and prepared statements are `?`, for programs count there.
class SqlNormalizer {
 public:
  static constexpr std::size_t kMost = 4096;

  NormalizedSql normalize(std::string_view sql, SqlDialect dialect);

 private:
  std::array<char, kMost> text_;
  SqlLists lists_;
};

}  // namespace culprit
