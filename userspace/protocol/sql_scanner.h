// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/sql_normalizer.h"

namespace culprit {

enum class SqlTokenKind : std::uint8_t {
  kEnd,
  kWord,     ///< keyword or name
  kQuoted,   ///< "name", `name`
  kString,   ///< literal in quotes, its prefix included
  kLiteral,  ///< number or parameter
  kOperator,
  kCast,  ///< ::
  kDot,
  kComma,
  kSemicolon,
  kOpen,
  kClose,
  kOpenBracket,
  kCloseBracket,
};

struct SqlToken {
  SqlTokenKind kind = SqlTokenKind::kEnd;
  bool adjacent = false;  ///< nothing stands between the token before and this one
  std::string_view text;  ///< as it was written
};

/// Cuts SQL into tokens; white space and comments go. What a cut text leaves open, be it
/// quotes or a comment, reaches to its end: quotes become a string, whatever they are.
class SqlScanner {
 public:
  SqlScanner(std::string_view sql, SqlDialect dialect) : sql_(sql), dialect_(dialect) {}

  /// `after_operand`: the token before was a value, so that `%s` is modulo.
  SqlToken next(bool after_operand);

  /// The character after the token, NUL at the end.
  char peek() const { return at(at_); }
  /// A dot follows, and it begins no number.
  bool dot_follows() const {
    const char second = peek() == '.' ? at(at_ + 1) : '0';
    return second < '0' || second > '9';
  }

 private:
  char at(std::size_t index) const { return index < sql_.size() ? sql_[index] : '\0'; }
  bool mysql() const { return dialect_ == SqlDialect::kMysql; }
  SqlTokenKind token(SqlTokenKind kind, std::size_t end);
  /// From at_, which goes behind it.
  SqlTokenKind cut(bool after_operand);
  void skip_blank();
  bool skip_comment();
  void skip_block_comment();
  SqlTokenKind word();
  SqlTokenKind number();
  SqlTokenKind text(std::size_t quote, bool escapes);
  SqlTokenKind quoted(std::size_t quote);
  SqlTokenKind dollar();
  SqlTokenKind colon();
  SqlTokenKind percent(bool after_operand);
  SqlTokenKind operators();
  SqlTokenKind special(bool after_operand);

  std::string_view sql_;
  SqlDialect dialect_;
  std::size_t at_ = 0;         ///< the next character
  std::size_t start_ = 0;      ///< of the token
  std::size_t signs_end_ = 0;  ///< up to here each + and - is a token of its own
};

}  // namespace culprit
