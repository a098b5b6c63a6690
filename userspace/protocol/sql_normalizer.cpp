// SPDX-License-Identifier: Apache-2.0
#include "protocol/sql_normalizer.h"

#include <cstring>

#include "protocol/sql_keywords.h"
#include "protocol/sql_lists.h"
#include "protocol/sql_scanner.h"

namespace culprit {
namespace {

using Kind = SqlTokenKind;
using Element = SqlElement;

/// What was written last, as far as spaces and signs depend on it.
enum class Last : std::uint8_t {
  kStart,
  kKeyword,
  kFunction,  ///< a keyword that may be a function's name
  kName,
  kTarget,  ///< a name that a list of columns may follow
  kLiteral,
  kOperand,  ///< NULL and the like
  kOperator,
  kSign,   ///< + or - with no operand before it
  kTight,  ///< . :: ( [, after which no space comes
  kComma,
  kClose,
};

static_assert(SqlNormalizer::kMost <= UINT16_MAX);

/// One statement text on its way from tokens to what is shown.
class Writer {
 public:
  Writer(std::string_view sql, SqlDialect dialect, char* out, SqlLists& lists)
      : scan_(sql, dialect), out_(out), lists_(lists) {}

  NormalizedSql write() {
    bool cut = false;
    while (!cut) {
      const SqlToken token = next();
      if (token.kind == Kind::kEnd) break;
      cut = !has_room(token);
      if (!cut) take(token);
    }
    if (skipping_) size_ = lists_.top().comma;
    finish_element();
    return {{out_, size_}, operation_, cut};
  }

 private:
  SqlToken next() { return scan_.next(after_operand()); }

  template <typename... Some>
  bool last_is(Some... some) const {
    return (1u << static_cast<unsigned>(last_)) & ((1u << static_cast<unsigned>(some)) | ...);
  }
  bool has_room(const SqlToken& token) const;

  bool after_operand() const {
    return last_is(Last::kName, Last::kTarget, Last::kLiteral, Last::kOperand, Last::kClose,
                   Last::kFunction);
  }
  bool after_operator() const { return last_is(Last::kOperator, Last::kSign, Last::kComma); }
  bool after_keyword() const { return last_is(Last::kKeyword, Last::kOperand, Last::kFunction); }
  /// Names, keywords and literals have a space before them, but not everywhere.
  bool spaced() const { return last_ != Last::kTight && last_ != Last::kSign; }

  void take(const SqlToken& token);
  void write(const SqlToken& token);
  void skip(const SqlToken& token);
  void word(const SqlToken& token);
  const SqlKeyword* keyword_of(const SqlToken& token) const;
  void lead(const SqlKeyword* found);
  void keyword(const SqlKeyword& found, const SqlToken& token);
  void name(const SqlToken& token);
  void literal(const SqlToken& token);
  void operation(const SqlToken& token);
  void join(std::string_view text, bool space);
  void open(const SqlToken& token);
  void close(const SqlToken& token);
  void comma();
  void semicolon();
  void finish_element();
  void put(std::string_view text, bool space);
  void fold_digits(std::size_t from);

  SqlScanner scan_;
  char* out_;
  std::size_t size_ = 0;
  std::string_view operation_;

  Last last_ = Last::kStart;
  Kind previous_ = Kind::kEnd;                    ///< the token before
  SqlKeywordRole role_ = SqlKeywordRole::kOther;  ///< of the last keyword, while it matters
  bool semicolon_ = false;                        ///< one waits for a statement to come
  bool leading_ = true;                           ///< no word of the statement was seen
  bool with_ = false;                             ///< the first statement began with WITH
  bool names_ = false;                            ///< digits in names go

  /// As it was before the first of some signs.
  struct {
    std::size_t size = 0;
    Last last = Last::kStart;
    Element element = Element::kEmpty;
    bool semicolon = false;
  } sign_;

  std::size_t skipping_ = 0;  ///< open parentheses of a row that is left out
  SqlLists& lists_;
};

/// Room for the token, a space, and a semicolon with its space.
bool Writer::has_room(const SqlToken& token) const {
  const bool literal = token.kind == Kind::kString || token.kind == Kind::kLiteral;
  return skipping_ || size_ + (literal ? 1 : token.text.size()) + 3 <= SqlNormalizer::kMost;
}

void Writer::put(std::string_view text, bool space) {
  if (semicolon_) out_[size_++] = ';';
  if (semicolon_ || (space && last_ != Last::kStart)) out_[size_++] = ' ';
  semicolon_ = false;
  if (text.size() == 1) {
    out_[size_++] = text[0];
    return;
  }
  std::memcpy(out_ + size_, text.data(), text.size());
  size_ += text.size();
}

/// Each run of digits, and of $ after them, becomes one `?`.
void Writer::fold_digits(std::size_t from) {
  std::size_t to = from;
  bool in_digits = false;
  for (; from < size_; from++) {
    const char byte = out_[from];
    const bool digit = (byte >= '0' && byte <= '9') || (byte == '$' && in_digits);
    if (!digit || !in_digits) out_[to++] = digit ? '?' : byte;
    in_digits = digit;
  }
  size_ = to;
}

void Writer::finish_element() {
  size_ = lists_.finish_element({out_, size_});
}

void Writer::take(const SqlToken& token) {
  if (skipping_) {
    skip(token);
    return;
  }
  if (token.kind == Kind::kOpen && last_ == Last::kComma && lists_.top().after_rows) {
    skipping_ = 1;
    return;
  }
  if (token.kind != Kind::kComma) lists_.top().after_rows = false;
  write(token);
  const bool in_target =
      role_ == SqlKeywordRole::kTarget && (token.kind == Kind::kDot || token.kind == Kind::kQuoted);
  if (token.kind != Kind::kWord && !in_target) role_ = SqlKeywordRole::kOther;
  previous_ = token.kind;
}

void Writer::write(const SqlToken& token) {
  switch (token.kind) {
    case Kind::kEnd:
      break;
    case Kind::kWord:
      word(token);
      break;
    case Kind::kQuoted:
      name(token);
      break;
    case Kind::kString:
    case Kind::kLiteral:
      literal(token);
      break;
    case Kind::kOperator:
      operation(token);
      break;
    case Kind::kCast:
      join("::", after_operator());
      break;
    // A word with a dot behind it is no keyword.
    case Kind::kDot:
      join(".", after_operator() || after_keyword());
      break;
    case Kind::kComma:
      comma();
      break;
    case Kind::kSemicolon:
      semicolon();
      break;
    case Kind::kOpen:
    case Kind::kOpenBracket:
      open(token);
      break;
    case Kind::kClose:
    case Kind::kCloseBracket:
      close(token);
      break;
  }
}

/// Within a row of VALUES that is not the first.
void Writer::skip(const SqlToken& token) {
  if (token.kind == Kind::kOpen) skipping_++;
  if (token.kind != Kind::kClose || --skipping_) return;
  size_ = lists_.top().comma;
  last_ = Last::kClose;
  previous_ = token.kind;
}

const SqlKeyword* Writer::keyword_of(const SqlToken& token) const {
  if (previous_ == Kind::kDot || scan_.dot_follows()) return nullptr;
  // `from_1` has become `from_?`.
  const bool in_name = scan_.peek() == '?' || (token.adjacent && previous_ == Kind::kLiteral);
  if (names_ && in_name) return nullptr;
  const SqlKeyword* found = find_sql_keyword(token.text);
  return found && found->flags & kSqlLeading && !leading_ ? nullptr : found;
}

/// The first word of a statement, or what may tell the operation after WITH.
void Writer::lead(const SqlKeyword* found) {
  const unsigned flags = found ? found->flags : 0;
  if (operation_.empty()) {
    operation_ = flags & kSqlVerb ? found->text : "OTHER";
    with_ = operation_ == "WITH";
  } else if (with_ && lists_.none_open() && flags & kSqlMainVerb) {
    operation_ = found->text;
    with_ = false;
  }
}

void Writer::word(const SqlToken& token) {
  const SqlKeyword* found = keyword_of(token);
  if (leading_ || with_) lead(found);
  if (found) {
    keyword(*found, token);
  } else {
    name(token);
  }
  leading_ = false;
}

void Writer::keyword(const SqlKeyword& found, const SqlToken& token) {
  if (leading_ && found.flags & kSqlNames) names_ = true;
  if (found.flags & kSqlEndNames) names_ = false;
  role_ = names_ ? SqlKeywordRole::kOther : found.role;
  if (found.flags & kSqlLiteral && lists_.top().any_literal &&
      lists_.top().element == Element::kEmpty) {
    literal(token);
    return;
  }
  put(found.text, spaced());
  lists_.part(Element::kOther);
  last_ = Last::kKeyword;
  if (found.flags & kSqlOperand) last_ = Last::kOperand;
  if (found.flags & kSqlFunction) last_ = Last::kFunction;
}

void Writer::name(const SqlToken& token) {
  // What became `name_?` before stays together.
  const bool in_name = names_ && token.adjacent && previous_ == Kind::kLiteral;
  const std::size_t before = size_;
  put(token.text, spaced() && !in_name);
  if (names_) fold_digits(before);
  const bool target = role_ == SqlKeywordRole::kTarget;
  if (!target) role_ = SqlKeywordRole::kOther;
  last_ = target ? Last::kTarget : Last::kName;
  lists_.part(Element::kEmpty);
}

/// Takes the signs before it along.
void Writer::literal(const SqlToken& token) {
  if (token.kind == Kind::kString && previous_ == Kind::kString) return;  // 'one' 'string'
  if (last_ == Last::kSign) {
    size_ = sign_.size;
    last_ = sign_.last;
    lists_.top().element = sign_.element;
    semicolon_ = sign_.semicolon;
  }
  const bool in_name = names_ && token.adjacent && last_ == Last::kName;
  put("?", spaced() && !in_name);
  last_ = in_name ? Last::kName : Last::kLiteral;
  lists_.part(Element::kLiteral);
}

void Writer::operation(const SqlToken& token) {
  const char only = token.text.size() == 1 ? token.text[0] : '\0';
  const bool sign = (only == '-' || only == '+') && !after_operand();
  if (sign && last_ != Last::kSign) sign_ = {size_, last_, lists_.top().element, semicolon_};
  const bool closes = only == '}';
  // After :: an operator would be read as one with it.
  put(token.text, !closes && (last_ != Last::kTight || previous_ == Kind::kCast));
  last_ = sign ? Last::kSign : Last::kOperator;
  if (closes) last_ = Last::kClose;
  if (only == '{') last_ = Last::kTight;
  lists_.part(Element::kOther);
}

/// A dot or a cast.
void Writer::join(std::string_view text, bool space) {
  put(text, space);
  last_ = Last::kTight;
  lists_.part(Element::kEmpty);
}

void Writer::open(const SqlToken& token) {
  const bool bracket = token.kind == Kind::kOpenBracket;
  const bool call = last_ == Last::kName || last_ == Last::kFunction;
  const bool columns = last_ == Last::kTarget;
  const bool subscript = after_operand() || previous_ == Kind::kWord;
  put(token.text, spaced() && !(bracket ? subscript : call));
  if (!bracket) names_ = false;
  last_ = Last::kTight;
  SqlFrame* frame = lists_.open();
  if (!frame) return;
  frame->list = bracket || !(call || columns);
  frame->row = !bracket && role_ == SqlKeywordRole::kValues;
  frame->any_literal = frame->row || (!bracket && role_ == SqlKeywordRole::kIn);
  frame->begin = static_cast<std::uint16_t>(size_);
}

void Writer::close(const SqlToken& token) {
  finish_element();
  lists_.close();
  put(token.text, false);
  last_ = Last::kClose;
}

void Writer::comma() {
  finish_element();
  lists_.comma(semicolon_ ? size_ + 2 : size_);
  put(",", false);
  last_ = Last::kComma;
}

void Writer::semicolon() {
  finish_element();
  lists_.close_all();
  leading_ = true;
  names_ = with_ = false;
  semicolon_ = size_ > 0;
  last_ = Last::kStart;
}

}  // namespace

NormalizedSql SqlNormalizer::normalize(std::string_view sql, SqlDialect dialect) {
  lists_.close_all();
  return Writer(sql, dialect, text_.data(), lists_).write();
}

}  // namespace culprit
