// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace culprit {

/// What the normaliser wants to know of a keyword.
enum SqlKeywordFlag : std::uint8_t {
  kSqlVerb = 1 << 0,      ///< statements begin with it
  kSqlMainVerb = 1 << 1,  ///< what a statement that begins with WITH really does
  kSqlLeading = 1 << 2,   ///< a keyword only where a statement begins, elsewhere a name
  kSqlNames = 1 << 3,     ///< names of cursors, savepoints or prepared statements follow
  kSqlEndNames = 1 << 4,  ///< no such names after it
  kSqlOperand = 1 << 5,   ///< is a value: a minus after it is no sign
  kSqlLiteral = 1 << 6,   ///< NULL, TRUE, FALSE, DEFAULT: literals in lists
  kSqlFunction = 1 << 7,  ///< a parenthesis after it holds arguments
};

enum class SqlKeywordRole : std::uint8_t { kOther, kValues, kIn, kTarget };

struct SqlKeyword {
  std::string_view text;  ///< upper case
  std::uint8_t flags;     ///< SqlKeywordFlag
  SqlKeywordRole role;    ///< kTarget: a table name follows
};

/// nullptr when `word`, in whatever case, is no keyword.
const SqlKeyword* find_sql_keyword(std::string_view word);

}  // namespace culprit
