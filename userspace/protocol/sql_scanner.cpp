// SPDX-License-Identifier: Apache-2.0
#include "protocol/sql_scanner.h"

#include <algorithm>
#include <array>

namespace culprit {
namespace {

using Kind = SqlTokenKind;

enum Class : std::uint8_t {
  kBlank = 1 << 0,
  kWordStart = 1 << 1,
  kWordPart = 1 << 2,
  kDigit = 1 << 3,
  kOperatorPart = 1 << 4,
  kOwnOperator = 1 << 5,  ///< PostgreSQL: only in operators that are not of the standard
};

// Control characters count as white space, bytes of UTF-8 as letters.
constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned byte = 0; byte < 256; byte++) {
    if (byte <= ' ' || byte == 0x7f) classes[byte] = kBlank;
    const bool letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
    if (letter || byte == '_' || byte >= 0x80) classes[byte] = kWordStart | kWordPart;
    if (byte >= '0' && byte <= '9') classes[byte] = kDigit | kWordPart;
  }
  classes['$'] = kWordPart;
  for (const char byte : std::string_view("+-*/<>=~!@#%^&|`"))
    classes[static_cast<unsigned char>(byte)] |= kOperatorPart;
  for (const char byte : std::string_view("~!@#%^&|`"))
    classes[static_cast<unsigned char>(byte)] |= kOwnOperator;
  return classes;
}
constexpr auto kClasses = make_classes();

/// What is a token by itself, a dot if no digit follows; kEnd for the rest.
constexpr std::array<Kind, 256> make_singles() {
  std::array<Kind, 256> singles{};
  singles['.'] = Kind::kDot;
  singles[','] = Kind::kComma;
  singles[';'] = Kind::kSemicolon;
  singles['('] = Kind::kOpen;
  singles[')'] = Kind::kClose;
  singles['['] = Kind::kOpenBracket;
  singles[']'] = Kind::kCloseBracket;
  return singles;
}
constexpr auto kSingles = make_singles();

// PostgreSQL's own are at most 63 long; what is longer is taken for open to the end.
constexpr std::size_t kLongestTag = 64;

bool is(char byte, std::uint8_t classes) {
  return kClasses[static_cast<unsigned char>(byte)] & classes;
}

std::size_t end_of(std::string_view text, std::size_t from, std::uint8_t classes) {
  while (from < text.size() && is(text[from], classes)) from++;
  return from;
}

/// Length of a placeholder as Python's drivers have them, %s or %(name)s; 0: it is none.
std::size_t placeholder(std::string_view text) {
  std::size_t end = 1;
  if (text.substr(end, 1) == "(") {
    end = end_of(text, end + 1, kWordPart);
    if (text.substr(end++, 1) != ")") return 0;
  }
  if (text.substr(std::min(end, text.size()), 1) != "s") return 0;
  return end + 1 < text.size() && is(text[end + 1], kWordPart) ? 0 : end + 1;
}

}  // namespace

SqlTokenKind SqlScanner::token(Kind kind, std::size_t end) {
  at_ = std::min(end, sql_.size());
  return kind;
}

void SqlScanner::skip_block_comment() {
  unsigned depth = 1;
  for (at_ += 2; at_ < sql_.size(); at_++) {
    if (sql_[at_] == '*' && at(at_ + 1) == '/') {
      at_ += 2;
      if (--depth == 0) return;
      at_--;
    } else if (sql_[at_] == '/' && at(at_ + 1) == '*' && !mysql()) {
      depth++;
      at_++;
    }
  }
}

bool SqlScanner::skip_comment() {
  const char first = sql_[at_], second = at(at_ + 1);
  if (first == '/' && second == '*') {
    skip_block_comment();
    return true;
  }
  const bool dashes = first == '-' && second == '-' && (!mysql() || is(at(at_ + 2), kBlank));
  if (!dashes && !(first == '#' && mysql())) return false;
  at_ = std::min(sql_.find_first_of("\r\n", at_), sql_.size());
  return true;
}

void SqlScanner::skip_blank() {
  do {
    at_ = end_of(sql_, at_, kBlank);
  } while (at_ < sql_.size() && is(sql_[at_], kOperatorPart) && skip_comment());
}

SqlToken SqlScanner::next(bool after_operand) {
  const std::size_t before = at_;
  if (at_ < signs_end_) return {token(Kind::kOperator, at_ + 1), true, sql_.substr(before, 1)};
  if (at(at_) == ' ') at_++;
  if (is(at(at_), kBlank | kOperatorPart)) skip_blank();
  start_ = at_;
  if (at_ == sql_.size()) return {};
  const Kind kind = cut(after_operand);
  return {kind, before == start_, sql_.substr(start_, at_ - start_)};
}

SqlTokenKind SqlScanner::cut(bool after_operand) {
  const char first = sql_[at_];
  if (is(first, kWordStart)) return word();
  if (is(first, kDigit)) return number();
  const Kind single = kSingles[static_cast<unsigned char>(first)];
  if (single == Kind::kEnd) return special(after_operand);
  return first == '.' && is(at(at_ + 1), kDigit) ? number() : token(single, at_ + 1);
}

SqlTokenKind SqlScanner::special(bool after_operand) {
  switch (sql_[at_]) {
    case '\'':
      return text(at_, mysql());
    case '"':
      return mysql() ? text(at_, true) : quoted(at_);
    case '`':
      return mysql() ? quoted(at_) : operators();
    case '$':
      return dollar();
    case ':':
      return colon();
    case '%':
      return percent(after_operand);
    case '?': {
      // The operators ?| and ?& of jsonb, but not `?||'x'`.
      const char second = at(at_ + 1);
      const bool pair = !mysql() && (second == '|' || second == '&') && at(at_ + 2) != second;
      return pair ? token(Kind::kOperator, at_ + 2) : token(Kind::kLiteral, at_ + 1);
    }
    case '@': {
      if (!mysql()) return operators();
      const std::size_t name = at(at_ + 1) == '@' ? at_ + 2 : at_ + 1;
      if (!is(at(name), kWordStart)) return token(Kind::kOperator, at_ + 1);
      return token(Kind::kWord, end_of(sql_, name, kWordPart));
    }
    default:
      return operators();
  }
}

SqlTokenKind SqlScanner::word() {
  const std::size_t end = end_of(sql_, at_, kWordPart);
  const char after = at(end);
  if (after == '\'' && end == at_ + 1) {
    const char prefix = sql_[at_] | 0x20;
    if (prefix == 'e') return text(end, true);
    if (prefix == 'b' || prefix == 'x' || prefix == 'n') return text(end, mysql());
  }
  if (after == '&' && end == at_ + 1 && (sql_[at_] | 0x20) == 'u' && !mysql()) {
    if (at(end + 1) == '\'') return text(end + 1, false);
    if (at(end + 1) == '"') return quoted(end + 1);
  }
  if (sql_[at_] == '_' && mysql()) {
    // A character set that introduces a string.
    const std::size_t quote = end_of(sql_, end, kBlank);
    if (at(quote) == '\'' || at(quote) == '"') return text(quote, true);
  }
  return token(Kind::kWord, end);
}

// Whatever hangs on a number goes with it: 0x1F, 1_000, 1e3.
SqlTokenKind SqlScanner::number() {
  const bool hexadecimal = (at(at_ + 1) | 0x20) == 'x';
  std::size_t end = at_;
  while (end < sql_.size()) {
    const char byte = sql_[end];
    const bool sign = (byte == '-' || byte == '+') && !hexadecimal && end > at_ &&
                      (sql_[end - 1] | 0x20) == 'e' && is(at(end + 1), kDigit);
    if (!is(byte, kWordPart) && byte != '.' && !sign) break;
    end++;
  }
  return token(Kind::kLiteral, end);
}

// Servers can be told that a backslash means the opposite of what it means by default. A word
// that hangs on the closing quote gives that away; then nothing that follows is shown.
SqlTokenKind SqlScanner::text(std::size_t quote, bool escapes) {
  const char mark = sql_[quote];
  bool doubtful = false;
  for (std::size_t index = quote + 1; index < sql_.size(); index++) {
    const char byte = sql_[index];
    if (byte == '\\') {
      doubtful |= at(index + 1) == mark;
      if (escapes) index++;
    } else if (byte == mark) {
      if (at(index + 1) == mark) {
        index++;
        continue;
      }
      const bool inside_out = doubtful && is(at(index + 1), kWordPart);
      return token(Kind::kString, inside_out ? sql_.size() : index + 1);
    }
  }
  return token(Kind::kString, sql_.size());
}

SqlTokenKind SqlScanner::quoted(std::size_t quote) {
  const char mark = sql_[quote];
  for (std::size_t end = quote + 1; end < sql_.size(); end++) {
    if (sql_[end] != mark) continue;
    if (at(end + 1) != mark) return token(Kind::kQuoted, end + 1);
    end++;
  }
  return token(Kind::kString, sql_.size());
}

SqlTokenKind SqlScanner::dollar() {
  const std::size_t name = at_ + 1;
  if (is(at(name), kDigit)) return token(Kind::kLiteral, end_of(sql_, name, kWordPart));
  if (mysql()) return token(Kind::kWord, end_of(sql_, name, kWordPart));
  std::size_t tag = name;
  while (tag < sql_.size() && is(sql_[tag], kWordPart) && sql_[tag] != '$') tag++;
  // A tag that the text's end cuts belongs to quotes that are open.
  const bool cut = tag == sql_.size() && tag > name;
  if (cut || tag - name > kLongestTag) return token(Kind::kString, sql_.size());
  if (at(tag) != '$') return token(Kind::kOperator, name);
  const std::string_view mark = sql_.substr(at_, tag + 1 - at_);
  const std::size_t close = sql_.find(mark, tag + 1);
  const bool open = close == std::string_view::npos;
  return token(Kind::kString, open ? sql_.size() : close + mark.size());
}

SqlTokenKind SqlScanner::colon() {
  const char second = at(at_ + 1);
  if (second == ':') return token(Kind::kCast, at_ + 2);
  if (second == '=') return token(Kind::kOperator, at_ + 2);
  if (!is(second, kWordStart)) return token(Kind::kOperator, at_ + 1);
  return token(Kind::kLiteral, end_of(sql_, at_ + 1, kWordPart));
}

SqlTokenKind SqlScanner::percent(bool after_operand) {
  const std::size_t length = after_operand ? 0 : placeholder(sql_.substr(at_));
  return length ? token(Kind::kLiteral, at_ + length) : operators();
}

// As PostgreSQL cuts them: the longest run, but + and - at its end belong to what follows
// unless a character is in it that only operators of their own have.
SqlTokenKind SqlScanner::operators() {
  std::size_t end = at_;
  bool own = false;
  while (end < sql_.size() && is(sql_[end], kOperatorPart)) {
    const char byte = sql_[end], second = at(end + 1);
    if (end > at_ && ((byte == '/' && second == '*') || (byte == '-' && second == '-'))) break;
    if (end > at_ && byte == '%' && placeholder(sql_.substr(end))) break;
    if (mysql() && (byte == '#' || byte == '@' || byte == '`')) break;
    own |= !mysql() && is(byte, kOwnOperator);
    end++;
  }
  if (end == at_) return token(Kind::kOperator, at_ + 1);
  signs_end_ = own ? 0 : end;
  while (!own && end > at_ + 1 && (sql_[end - 1] == '-' || sql_[end - 1] == '+')) end--;
  return token(Kind::kOperator, end);
}

}  // namespace culprit
