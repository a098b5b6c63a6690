// SPDX-License-Identifier: Apache-2.0
#include "model/text_match.h"

#include <regex.h>

#include <cctype>

namespace culprit {
namespace {

constexpr std::size_t kMostBytes = 1024;

bool has_back_reference(const std::string& expression) {
  for (std::size_t i = 0; i + 1 < expression.size(); ++i) {
    if (expression[i] != '\\') continue;
    if (std::isdigit(static_cast<unsigned char>(expression[i + 1]))) return true;
    ++i;
  }
  return false;
}

}  // namespace

struct TextPattern::Regex {
  regex_t compiled;
  ~Regex() { regfree(&compiled); }
};

bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

TextPattern TextPattern::glob(std::string pattern) {
  TextPattern made;
  made.glob_ = std::move(pattern);
  return made;
}

Result<TextPattern> TextPattern::regex(const std::string& expression) {
  if (has_back_reference(expression)) return misuse("back-references are not known");
  if (expression.find('\0') != std::string::npos) return misuse("it holds a NUL byte");
  regex_t compiled;
  if (const int error = regcomp(&compiled, ("^(" + expression + ")$").c_str(), REG_EXTENDED)) {
    char text[128];
    regerror(error, &compiled, text, sizeof text);
    return misuse(text);
  }
  TextPattern made;
  made.regex_ = std::shared_ptr<const Regex>(new Regex{compiled});
  return made;
}

bool TextPattern::matches(std::string_view text, MatchedParts* parts) const {
  const std::string seen(text.substr(0, std::min(kMostBytes, text.find('\0'))));
  if (!regex_) return glob_matches(glob_, seen);
  // One group more than are handed over: ours, around the whole.
  std::array<regmatch_t, std::tuple_size_v<MatchedParts> + 1> found{};
  if (regexec(&regex_->compiled, seen.c_str(), found.size(), found.data(), 0) != 0) return false;
  for (std::size_t i = 0; parts && i < parts->size(); ++i) {
    const regmatch_t& part = found[i + 1];
    if (part.rm_so < 0)
      (*parts)[i].clear();
    else
      (*parts)[i] = seen.substr(static_cast<std::size_t>(part.rm_so),
                                static_cast<std::size_t>(part.rm_eo - part.rm_so));
  }
  return true;
}

}  // namespace culprit
