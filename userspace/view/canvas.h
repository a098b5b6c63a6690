// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <climits>
#include <string>
#include <string_view>
#include <vector>

namespace culprit {

enum class Colour { kDefault, kRed, kGreen, kYellow, kBlue, kMagenta, kCyan };

struct Style {
  Colour colour = Colour::kDefault;
  bool bold = false, dim = false, reverse = false;
  bool operator==(const Style&) const = default;
};

inline constexpr Style kPlain{};
inline constexpr Style kBold{.bold = true};
inline constexpr Style kDim{.dim = true};
inline constexpr Style kReverse{.reverse = true};

struct Cell {
  char32_t character = U' ';  ///< 0: right half of a wide character
  Style style;
};

/// What a view draws on: a grid of cells that knows no terminal. Drawing outside of it
/// is clipped; only printable characters get in.
class Canvas {
 public:
  Canvas(int width, int height);

  int width() const { return width_; }
  int height() const { return height_; }
  const Cell& at(int row, int column) const;

  /// Writes text into at most `limit` cells; returns the column after the last one.
  int put(int row, int column, std::string_view text, Style style = {}, int limit = INT_MAX);
  /// The same, but text that is too long ends in `…`.
  int put_cut(int row, int column, std::string_view text, Style style, int limit);
  /// Writes text so that it ends before column `end`; what is too long is cut.
  void put_right(int row, int end, std::string_view text, Style style, int limit);
  /// Blanks of that style.
  void fill(int row, int column, int cells, Style style);

  /// Gives a whole row one style.
  void restyle(int row, Style style);

  /// One row as text, UTF-8 or plain ASCII, without blanks at the end.
  std::string line(int row, bool utf8 = true) const;
  /// All rows, each ending in a newline.
  std::string text(bool utf8 = true) const;

 private:
  void set(int row, int column, Cell cell);

  int width_, height_;
  std::vector<Cell> cells_;
};

}  // namespace culprit
