// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "util/result.h"

namespace culprit {

/// Parts of a text that the groups of a regular expression matched; [0] is the whole.
using MatchedParts = std::array<std::string, 10>;

/// True when `pattern` matches the whole text: `*` is any bytes, `?` is one.
bool glob_matches(std::string_view pattern, std::string_view text);

/// A glob or an extended regular expression (POSIX, without back-references), either of which
/// has to match the whole text. Of the text at most 1,024 bytes are looked at.
class TextPattern {
 public:
  static TextPattern glob(std::string pattern);
  /// An error says what is wrong with the expression.
  static Result<TextPattern> regex(const std::string& expression);

  bool is_glob() const { return !regex_; }
  /// `parts` may be null; a glob leaves it as it is.
  bool matches(std::string_view text, MatchedParts* parts) const;

 private:
  struct Regex;
  std::string glob_;
  std::shared_ptr<const Regex> regex_;
};

}  // namespace culprit
