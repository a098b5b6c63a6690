// SPDX-License-Identifier: Apache-2.0
#include "serve/json_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "util/utf8.h"

namespace culprit {
namespace {

bool is_plain(char byte) {
  return static_cast<unsigned char>(byte) >= 0x20 && byte != '"' && byte != '\\';
}

void append_number(std::string& text, auto value) {
  std::array<char, 32> digits;  // holds any double in shortest form
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  text.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

void append_escaped(std::string& text, char byte) {
  constexpr std::string_view kHex = "0123456789abcdef";
  if (byte == '"' || byte == '\\') {
    text += '\\';
    text += byte;
  } else {
    text += "\\u00";
    text += kHex[static_cast<unsigned char>(byte) >> 4];
    text += kHex[static_cast<unsigned char>(byte) & 15];
  }
}

}  // namespace

void JsonWriter::new_line() {
  text_ += '\n';
  text_.append(static_cast<std::size_t>(depth_) * 2, ' ');
}

void JsonWriter::separate() {
  if (!after_key_) {
    if (!first_) text_ += ',';
    if (indented_ && depth_ > 0) new_line();
  }
  after_key_ = false;
  first_ = false;
}

void JsonWriter::begin(char bracket) {
  separate();
  text_ += bracket;
  ++depth_;
  first_ = true;
}

void JsonWriter::end(char bracket) {
  --depth_;
  if (indented_ && !first_) new_line();
  text_ += bracket;
  first_ = false;
}

void JsonWriter::key(std::string_view name) {
  separate();
  quote(name);
  text_ += indented_ ? ": " : ":";
  after_key_ = true;
}

void JsonWriter::value(double value) {
  if (!std::isfinite(value)) return this->value(nullptr);
  separate();
  append_number(text_, value);
}

void JsonWriter::value(std::string_view value) {
  separate();
  quote(value);
}

void JsonWriter::signed_integer(std::int64_t value) {
  separate();
  append_number(text_, value);
}

void JsonWriter::unsigned_integer(std::uint64_t value) {
  separate();
  append_number(text_, value);
}

void JsonWriter::quote(std::string_view text) {
  std::string replaced;
  if (!is_utf8(text)) text = replaced = to_utf8(text);
  text_ += '"';
  if (std::all_of(text.begin(), text.end(), is_plain)) {
    text_ += text;
  } else {
    for (const char byte : text)
      if (is_plain(byte))
        text_ += byte;
      else
        append_escaped(text_, byte);
  }
  text_ += '"';
}

}  // namespace culprit
