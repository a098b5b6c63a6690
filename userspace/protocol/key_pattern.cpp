// SPDX-License-Identifier: Apache-2.0
#include "protocol/key_pattern.h"

#include <algorithm>

namespace culprit {
namespace {

constexpr std::size_t kMostBytes = 64;
constexpr std::size_t kLongestWord = 32;
// The first word of a key names a kind of thing, of which an application has more than of
// words at any later place.
constexpr std::uint32_t kMostFirstWords = 128, kMostWords = 48;
constexpr std::size_t kMostLearned = 20000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_alnum(char c) {
  return is_digit(c) || is_lower(c) || is_upper(c);
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_printable(char c) {
  return c >= 0x20 && c < 0x7f;
}

// Ends a segment; ids may have any other sign in them.
bool is_separator(char c) {
  return std::string_view(":/|{}[]()<>#,; &\"'\\*?").find(c) != std::string_view::npos;
}

std::uint64_t mix(std::uint64_t hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdu;
  return hash ^ (hash >> 33);
}

bool starts_with_uuid(std::string_view text) {
  constexpr std::size_t kLength = 36;
  if (text.size() < kLength || (text.size() > kLength && is_alnum(text[kLength]))) return false;
  for (std::size_t i = 0; i < kLength; i++) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

// Numbers with signs among them: dates, addresses, versions, fractions.
bool is_numeric(std::string_view text) {
  bool digits = false;
  for (const char c : text) {
    if (is_digit(c)) {
      digits = true;
    } else if (std::string_view(".-+_TZ").find(c) == std::string_view::npos) {
      return false;
    }
  }
  return digits && !is_upper(text.front());
}

bool is_address(std::string_view text) {
  const std::size_t at = text.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size();
}

struct Shape {
  unsigned digits = 0, lower = 0, upper = 0;
  unsigned runs = 0;          ///< of digits or letters
  unsigned case_changes = 0;  ///< between neighbouring letters
  bool hex = true;
};

Shape shape_of(std::string_view text) {
  Shape shape;
  char before = 0;
  for (const char c : text) {
    if (!is_alnum(c)) continue;
    shape.digits += is_digit(c);
    shape.lower += is_lower(c);
    shape.upper += is_upper(c);
    shape.hex = shape.hex && is_hex(c);
    shape.runs += before == 0 || is_digit(c) != is_digit(before);
    shape.case_changes += (is_lower(c) && is_upper(before)) || (is_upper(c) && is_lower(before));
    before = c;
  }
  return shape;
}

// Words written together change case less often than two letters of five.
bool is_random(const Shape& shape, std::size_t length) {
  const bool mixed = shape.lower && shape.upper;
  if (shape.runs >= 4 || (shape.runs >= 3 && mixed)) return true;
  return length >= 16 && mixed && shape.case_changes * 5 > length * 2;
}

// An id that has signs in it, as of base64.
bool is_id(std::string_view segment) {
  if (is_numeric(segment) || is_address(segment)) return true;
  if (segment.size() < 16) return false;
  const Shape shape = shape_of(segment);
  return shape.lower && shape.upper && shape.digits && shape.case_changes + shape.runs >= 8 &&
         (shape.case_changes + shape.runs) * 5 > segment.size() * 2;
}

}  // namespace

std::string_view KeyPatterns::pattern(std::uint64_t application, std::string_view key, bool cut) {
  pattern_.clear();
  place_ = mix(application * 0x9e3779b97f4a7c15u + 1, {});
  at_start_ = true;
  while (!key.empty()) {
    if (is_separator(key.front())) {
      add(key.substr(0, 1));
      key.remove_prefix(1);
    } else {
      const auto end = std::find_if(key.begin(), key.end(), is_separator);
      const std::string_view segment = key.substr(0, end - key.begin());
      key.remove_prefix(segment.size());
      if (!std::all_of(segment.begin(), segment.end(), is_printable) || (cut && key.empty())) {
        // What follows such bytes is more of the same, and its separators are chance.
        add("?");
        key = {};
      } else {
        add_segment(segment);
      }
    }
    if (pattern_.size() >= kMostBytes) {
      pattern_.resize(kMostBytes - 1);
      pattern_ += '?';
      break;
    }
  }
  return pattern_;
}

void KeyPatterns::add_segment(std::string_view segment) {
  if (is_id(segment)) return add("?");
  while (!segment.empty()) {
    std::size_t length = 1;
    if (starts_with_uuid(segment)) {
      length = 36;
      add("?");
    } else if (!is_alnum(segment.front())) {
      add(segment.substr(0, 1));
    } else {
      while (length < segment.size() && is_alnum(segment[length])) length++;
      add_word(segment.substr(0, length));
    }
    segment.remove_prefix(length);
  }
}

void KeyPatterns::add_word(std::string_view word) {
  const Shape shape = shape_of(word);
  const bool number = shape.digits == word.size();
  const bool hex_id = shape.hex && shape.digits && word.size() >= 8;
  if (word.size() > kLongestWord || number || hex_id || is_random(shape, word.size())) {
    return add("?");
  }
  word_.clear();
  for (const char c : word) {
    if (!is_digit(c)) {
      word_ += c;
    } else if (word_.empty() || word_.back() != '?') {
      word_ += '?';
    }
  }
  add(learn(word_) ? std::string_view(word_) : "?");
  at_start_ = false;
}

void KeyPatterns::add(std::string_view text) {
  pattern_ += text;
  place_ = mix(place_, text);
}

bool KeyPatterns::learn(std::string_view word) {
  const std::uint32_t most = at_start_ ? kMostFirstWords : kMostWords;
  const auto place = places_.find(place_);
  // A full place is wide: its first words are no better known than the rest.
  if (place != places_.end() && place->second >= most) return false;
  const std::uint64_t hash = mix(place_ ^ 0x5bd1e9955bd1e995u, word);
  if (words_.count(hash)) return true;
  if (words_.size() >= kMostLearned) return false;
  words_.insert(hash);
  if (place == places_.end()) {
    places_.emplace(place_, 1);
    return true;
  }
  return ++place->second < most;
}

}  // namespace culprit
