// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace culprit {

// Scanners for the kernel's text files. Input is hostile: none reads past the end, each
// call that returns true has shortened the text, and nothing throws but for memory.

/// Takes the next line, without its newline, off the front of `text`; false at the end.
bool next_line(std::string_view& text, std::string_view& line);

/// Takes the next word off the front of `line`; words are parted by blanks and tabs.
/// Empty at the end.
std::string_view next_word(std::string_view& line);

/// Takes `count` words off the front of `line`.
void skip_words(std::string_view& line, int count);

/// `text` without blanks, tabs and newlines at both ends.
std::string_view trimmed(std::string_view text);

/// The whole of `word` as a decimal number; absent when anything else is in it, or when
/// it does not fit (a minus sign does not fit an unsigned type).
template <std::integral T>
std::optional<T> to_number(std::string_view word) {
  T value{};
  const char* const end = word.data() + word.size();
  const auto [rest, error] = std::from_chars(word.data(), end, value);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return value;
}

/// The whole of `word` as a finite decimal fraction, e.g. "0.42".
std::optional<double> to_fraction(std::string_view word);

/// The next word as a number; the word is taken off even when it is none.
template <std::integral T>
std::optional<T> next_number(std::string_view& line) {
  return to_number<T>(next_word(line));
}

/// value × factor; absent when it does not fit.
std::optional<std::uint64_t> scaled(std::optional<std::uint64_t> value, std::uint64_t factor);

/// value / divisor without its fraction.
std::optional<std::uint64_t> divided(std::optional<std::uint64_t> value, std::uint64_t divisor);

/// How many numbers a list such as "0-3,8,10-11" names, as in
/// /sys/devices/system/cpu/online; absent when it is none.
std::optional<std::uint32_t> count_ids(std::string_view list);

/// Safe to show and to put into JSON: control characters (C0, DEL, C1) and bytes that are
/// not UTF-8 become `?`; what is longer than `limit` bytes ends in `…`.
std::string printable(std::string_view text, std::size_t limit);

}  // namespace culprit
