// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace culprit {

enum class JsonStyle { kLine, kIndented };

/// Writes JSON as text, piece by piece: a tree of a busy host's snapshot would take
/// longer to build than to print. Bytes that are not UTF-8 become U+FFFD; a number that
/// JSON cannot hold becomes null.
class JsonWriter {
 public:
  explicit JsonWriter(JsonStyle style) : indented_(style == JsonStyle::kIndented) {}

  void begin_object() { begin('{'); }
  void end_object() { end('}'); }
  void begin_array() { begin('['); }
  void end_array() { end(']'); }
  void key(std::string_view name);

  void value(std::nullptr_t) { piece("null"); }
  void value(bool value) { piece(value ? "true" : "false"); }
  void value(std::integral auto value) {
    if constexpr (std::is_signed_v<decltype(value)>)
      signed_integer(value);
    else
      unsigned_integer(value);
  }
  void value(double value);
  void value(std::string_view value);
  void value(const std::string& text) { value(std::string_view(text)); }
  void value(const char* text) { value(std::string_view(text)); }
  template <class T>
  void value(const std::optional<T>& optional) {
    optional ? value(*optional) : value(nullptr);
  }

  /// One key and its value.
  void member(std::string_view name, const auto& held) {
    key(name);
    value(held);
  }

  /// Hands the text over.
  std::string take() { return std::exchange(text_, {}); }

 private:
  void begin(char bracket);
  void end(char bracket);
  /// What has to stand between the last piece and the next.
  void separate();
  void new_line();
  void piece(std::string_view text) {
    separate();
    text_ += text;
  }
  void signed_integer(std::int64_t value);
  void unsigned_integer(std::uint64_t value);
  void quote(std::string_view text);

  std::string text_;
  bool indented_;
  int depth_ = 0;
  bool first_ = true;       ///< nothing yet in this object or array
  bool after_key_ = false;  ///< a value has to follow
};

}  // namespace culprit
