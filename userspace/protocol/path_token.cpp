// SPDX-License-Identifier: Apache-2.0
#include "protocol/path_token.h"

#include <algorithm>
#include <array>

#include "util/utf8.h"

namespace culprit {

namespace {

constexpr std::size_t kLongestWord = 64;  // a longer segment is an id
constexpr std::size_t kHexDigits = 8;     // fewer may be a word
constexpr std::size_t kPartDigits = 4;    // "sha-256" is a name, "order-1234" holds a number
constexpr std::size_t kMixedLength = 10;  // and so many changes between letters and digits:
constexpr int kMixedChanges = 4;          // "dQw4w9WgXcQ" is an id, "OAuth2Callback" is not
constexpr std::size_t kTokenLength = 20;  // without a separator and with a digit

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Numbers, dates, times, addresses, pairs of coordinates.
bool is_numeric(std::string_view token) {
  std::size_t first = token[0] == '-' || token[0] == '+' ? 1 : 0;
  if (first == token.size() || !is_digit(token[first])) return false;
  if (token.size() == 3 && token[1] == '.') return false;  // "1.0", a version of an interface
  return std::all_of(token.begin(), token.end(), [](char c) {
    return is_digit(c) || std::string_view("-_.:,+TZ").find(c) != std::string_view::npos;
  });
}

bool is_uuid(std::string_view token) {
  if (token.size() != 36) return false;
  for (std::size_t i = 0; i < token.size(); i++) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? token[i] != '-' : !is_hex(token[i])) return false;
  }
  return true;
}

bool is_hexadecimal(std::string_view token) {
  if (token.size() > 2 && token[0] == '0' && (token[1] | 0x20) == 'x') token.remove_prefix(2);
  return token.size() >= kHexDigits && std::all_of(token.begin(), token.end(), is_hex);
}

bool is_email(std::string_view token) {
  const std::size_t at = token.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < token.size();
}

/// Letters and digits in turns, as base64 and its kin have them.
bool is_mixed(std::string_view token) {
  int changes = 0;
  bool any_digit = false, any_separator = false;
  for (std::size_t i = 0; i < token.size(); i++) {
    const char c = token[i];
    if (!is_digit(c) && !is_letter(c)) {
      if (c != '-' && c != '_' && c != '=' && c != '~' && c != '+') return false;
      any_separator = true;
    }
    any_digit = any_digit || is_digit(c);
    if (i == 0) continue;
    changes += is_digit(c) ? is_letter(token[i - 1]) : is_letter(c) && is_digit(token[i - 1]);
  }
  return (token.size() >= kMixedLength && changes >= kMixedChanges) ||
         (token.size() >= kTokenLength && any_digit && !any_separator);
}

int hex_value(char c) {
  return is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

/// Undoes percent-encoding. False when what was encoded is not plain text of a path, which is
/// then somebody's value.
bool percent_decode(std::string_view segment, std::string& decoded) {
  for (std::size_t i = 0; i < segment.size(); i++) {
    char c = segment[i];
    if (c == '%') {
      if (segment.size() - i < 3 || !is_hex(segment[i + 1]) || !is_hex(segment[i + 2]))
        return false;
      c = static_cast<char>(hex_value(segment[i + 1]) << 4 | hex_value(segment[i + 2]));
      if (c <= ' ' || c >= 0x7f || c == '/' || c == '%') return false;
      i += 2;
    }
    decoded += c;
  }
  return true;
}

/// The segment with the ids between its separators replaced.
void replace_parts(std::string& label) {
  std::size_t begin = 0;
  while (begin < label.size()) {
    const std::size_t end = std::min(label.find_first_of("-_.:,=", begin), label.size());
    const std::string_view part = std::string_view(label).substr(begin, end - begin);
    const bool number =
        part.size() >= kPartDigits && std::all_of(part.begin(), part.end(), is_digit);
    if (number || (!part.empty() && is_hexadecimal(part)) || is_mixed(part)) {
      label.replace(begin, part.size(), "{id}");
      begin += 5;
    } else {
      begin = end + 1;
    }
  }
}

void make_printable(std::string& label) {
  const bool utf8 = is_utf8(label);
  for (char& c : label) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte == 0x7f || (byte >= 0x80 && !utf8)) c = '?';
  }
}

}  // namespace

bool is_id(std::string_view token) {
  if (token.empty()) return false;
  return token.size() > kLongestWord || is_numeric(token) || is_uuid(token) ||
         is_hexadecimal(token) || is_email(token) || is_mixed(token);
}

std::string_view file_extension(std::string_view segment) {
  constexpr std::array<std::string_view, 30> kKnown = {
      ".js",  ".css", ".map",  ".html", ".htm", ".json", ".xml", ".txt",  ".csv",  ".md",
      ".png", ".jpg", ".jpeg", ".gif",  ".svg", ".webp", ".ico", ".woff", ".ttf",  ".woff2",
      ".mp3", ".mp4", ".webm", ".pdf",  ".zip", ".gz",   ".php", ".wasm", ".avif", ".ts"};
  const std::size_t dot = segment.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return {};
  const std::string_view extension = segment.substr(dot);
  return std::find(kKnown.begin(), kKnown.end(), extension) == kKnown.end() ? std::string_view()
                                                                            : extension;
}

void path_label(std::string_view segment, std::string& label) {
  label.clear();
  segment = segment.substr(0, segment.find(';'));
  const std::string_view extension = file_extension(segment);
  segment.remove_suffix(extension.size());
  if (segment.size() > 3 * kLongestWord || !percent_decode(segment, label) || is_id(label)) {
    label = "{id}";
  } else {
    make_printable(label);
    replace_parts(label);
  }
  label += extension;
}

}  // namespace culprit
