// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace culprit {

enum class SqlDialect { kPostgresql, kMysql };

struct NormalizedSql {
  std::string_view text;       ///< without any literal
  std::string_view operation;  ///< first keyword, upper case: SELECT, INSERT, BEGIN, …
};

/// SQL text without literals: strings, numbers, parameters and lists of them become `?`,
/// comments go, white space folds, keywords are upper case. Statements that differ only in
/// literals give the same text. At most 1 µs for 100 bytes; keeps its buffers, so that one
/// object a thread serves all statements. The views hold until the next call.
class SqlNormalizer {
 public:
  NormalizedSql normalize(std::string_view sql, SqlDialect dialect);

 private:
  std::string text_, operation_;
};

}  // namespace culprit
