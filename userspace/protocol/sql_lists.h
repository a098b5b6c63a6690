// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace culprit {

/// What an element of a list is made of.
enum class SqlElement : std::uint8_t {
  kEmpty,
  kLiteral,  ///< a literal, with or without a cast, or a list of literals
  kOther,
};

/// An open parenthesis or bracket. Positions are in the text that is being written.
struct SqlFrame {
  bool list = false;         ///< equal literals in it fold
  bool any_literal = false;  ///< NULL is a literal in it
  bool row = false;          ///< opened by VALUES
  bool after_rows = false;   ///< a row of VALUES, and commas at most, were the last in it
  bool literals = true;      ///< all elements so far are literals
  bool has_before = false;   ///< `before` and `before_end` are of a literal
  SqlElement element = SqlElement::kEmpty;
  std::uint16_t before = 0, before_end = 0;  ///< the element before the last comma
  std::uint16_t comma = 0;                   ///< the last comma
  std::uint16_t begin = 0;                   ///< the element after it
};

/// The parentheses and brackets that are open, and the folding of the lists in them.
class SqlLists {
 public:
  SqlFrame& top() { return frames_[depth_ < kMostDepth ? depth_ : kMostDepth]; }
  bool none_open() const { return depth_ == 0; }

  /// `kind`: kLiteral for a literal, kEmpty for what may be in a cast, kOther for the rest.
  void part(SqlElement kind) {
    SqlElement& element = top().element;
    if (element == SqlElement::kEmpty && kind == SqlElement::kLiteral) {
      element = SqlElement::kLiteral;
    } else if (element != SqlElement::kLiteral || kind != SqlElement::kEmpty) {
      element = SqlElement::kOther;
    }
  }

  /// The frame of the parenthesis, to be filled in; nullptr: it is too deep.
  SqlFrame* open() {
    if (top().element != SqlElement::kEmpty) top().element = SqlElement::kOther;
    depth_++;
    top() = {};
    return depth_ < kMostDepth ? &top() : nullptr;
  }
  /// After finish_element().
  void close();
  void comma(std::size_t at);
  void close_all();

  /// The text's new size: a literal that equals the one before it goes, its comma with it.
  std::size_t finish_element(std::string_view text);

 private:
  // Beyond it all share a frame in which nothing folds.
  static constexpr std::size_t kMostDepth = 24;

  std::size_t depth_ = 0;
  std::array<SqlFrame, kMostDepth + 1> frames_;
};

}  // namespace culprit
