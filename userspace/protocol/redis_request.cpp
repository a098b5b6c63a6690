// SPDX-License-Identifier: Apache-2.0
#include "protocol/redis_request.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace culprit {
namespace {

constexpr std::uint64_t kLongestInline = 64 * 1024;  // Redis' own limit
constexpr std::uint64_t kLongestHeader = 32;
constexpr std::int64_t kLongestString = std::int64_t{1} << 40;
constexpr std::int64_t kMostArguments = std::int64_t{1} << 31;
constexpr std::size_t kLongestName = 32;

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_digit(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
         });
}

std::optional<std::int64_t> number_of(std::string_view line) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  if (error != std::errc() || end != line.data() + line.size()) return std::nullopt;
  return number;
}

std::string_view take_word(std::string_view& line) {
  while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
  std::size_t length = 0;
  while (length < line.size() && !is_space(line[length])) length++;
  const std::string_view word = line.substr(0, length);
  line.remove_prefix(length);
  return word;
}

// `*3\r\n$` or `$7\r\n`, as far as it goes: sign, digits, line end. The rest is left.
bool take_header(std::string_view& bytes, char sign) {
  if (bytes.empty() || bytes.front() != sign) return bytes.empty();
  bytes.remove_prefix(1);
  std::size_t digits = 0;
  while (digits < bytes.size() && is_digit(bytes[digits])) digits++;
  bytes.remove_prefix(digits);
  if (bytes.empty()) return digits < 12;
  if (digits == 0 || digits > 11 || bytes.front() != '\r') return false;
  bytes.remove_prefix(1);
  if (bytes.empty()) return true;
  if (bytes.front() != '\n') return false;
  bytes.remove_prefix(1);
  return true;
}

}  // namespace

bool RedisRequestReader::begins(std::string_view bytes) const {
  if (bytes.empty()) return false;
  if (bytes.front() == '*') return take_header(bytes, '*') && take_header(bytes, '$');
  // An inline command must be one that is known, for almost anything looks like one.
  std::string_view line = bytes.substr(0, bytes.find('\n'));
  if (line.size() == bytes.size()) return false;
  const std::string_view word = take_word(line);
  if (word.size() > kLongestName) return false;
  std::array<char, kLongestName> name;
  std::transform(word.begin(), word.end(), name.begin(), upper);
  return find_redis_command({name.data(), word.size()}) != nullptr;
}

CacheRequestReader::Event RedisRequestReader::next(std::string_view& bytes) {
  while (true) {
    if (state_ == State::kEnded) {
      state_ = State::kStart;
      return nothing_ ? Event::kNothing : Event::kRequest;
    }
    if (state_ == State::kBroken) return Event::kBroken;
    if (bytes.empty()) return Event::kMore;
    if (state_ == State::kStart) start(bytes.front());
    if (state_ == State::kString) {
      take_string(bytes);
    } else {
      take_line(bytes);
    }
  }
}

bool RedisRequestReader::skip(std::uint64_t missing) {
  if (missing == 0) return true;
  if (state_ != State::kString || missing > string_left_) return false;
  const bool content = string_left_ > 2;
  if (keeping_ && content) cut_[kept_] = true;
  // The beginning of a name is no name.
  if (content && read_ == 0) size_[0] = 0;
  string_left_ -= missing;
  if (string_left_ == 0) state_ = end_argument();
  return true;
}

void RedisRequestReader::reset() {
  state_ = State::kStart;
  named_ = false;
  string_left_ = 0;
}

void RedisRequestReader::start(char first) {
  state_ = first == '*' ? State::kHeader : State::kInline;
  named_ = nothing_ = false;
  command_ = nullptr;
  count_ = read_ = line_size_ = string_left_ = 0;
  kept_ = text_size_ = 0;
  wanted_ = 1;
}

void RedisRequestReader::take_line(std::string_view& bytes) {
  const std::string_view part = bytes.substr(0, bytes.find('\n'));
  if (line_size_ < line_.size()) {
    std::copy_n(part.data(), std::min(part.size(), line_.size() - line_size_),
                line_.data() + line_size_);
  }
  line_size_ += part.size();
  bytes.remove_prefix(part.size());
  if (line_size_ > (state_ == State::kInline ? kLongestInline : kLongestHeader)) {
    state_ = State::kBroken;
    return;
  }
  if (bytes.empty()) return;
  bytes.remove_prefix(1);
  std::string_view line(line_.data(), std::min<std::uint64_t>(line_size_, line_.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (state_ == State::kHeader) {
    state_ = end_header(line);
  } else if (state_ == State::kLength) {
    state_ = end_length(line);
  } else {
    state_ = end_inline(line);
  }
  line_size_ = 0;
}

RedisRequestReader::State RedisRequestReader::end_header(std::string_view line) {
  const std::optional<std::int64_t> count = number_of(line.substr(1));
  if (!count || *count > kMostArguments) return State::kBroken;
  nothing_ = *count <= 0;
  if (nothing_) return State::kEnded;
  count_ = static_cast<std::uint64_t>(*count);
  return State::kLength;
}

RedisRequestReader::State RedisRequestReader::end_length(std::string_view line) {
  if (!line.starts_with('$')) return State::kBroken;
  const std::optional<std::int64_t> length = number_of(line.substr(1));
  if (!length || *length < 0 || *length > kLongestString) return State::kBroken;
  string_left_ = static_cast<std::uint64_t>(*length) + 2;
  begin_argument();
  return State::kString;
}

RedisRequestReader::State RedisRequestReader::end_inline(std::string_view line) {
  const bool whole = line_size_ <= line_.size();
  for (std::string_view word = take_word(line); !word.empty(); word = take_word(line)) {
    begin_argument();
    keep(word);
    if (keeping_ && line.empty() && !whole) cut_[kept_] = true;
    end_argument();
  }
  line_.fill(0);  // it may hold a password
  count_ = read_;
  nothing_ = count_ == 0;
  // What is not known may be anything, a value that was taken for a command among others.
  if (!nothing_ && command_ == nullptr) {
    text_[begin_[0]] = '?';
    size_[0] = 1;
  }
  return State::kEnded;
}

void RedisRequestReader::take_string(std::string_view& bytes) {
  const std::size_t length = std::min<std::uint64_t>(string_left_, bytes.size());
  const std::size_t content =
      string_left_ <= 2 ? 0 : std::min<std::uint64_t>(string_left_ - 2, length);
  keep(bytes.substr(0, content));
  for (std::size_t i = content; i < length; i++) {
    if (bytes[i] != (string_left_ - i == 2 ? '\r' : '\n')) state_ = State::kBroken;
  }
  bytes.remove_prefix(length);
  string_left_ -= length;
  if (string_left_ == 0 && state_ == State::kString) state_ = end_argument();
}

void RedisRequestReader::begin_argument() {
  keeping_ = kept_ < wanted_;
  if (!keeping_) return;
  begin_[kept_] = static_cast<std::uint16_t>(text_size_);
  size_[kept_] = 0;
  cut_[kept_] = false;
}

void RedisRequestReader::keep(std::string_view part) {
  if (!keeping_ || part.empty()) return;
  // After a hole the rest would be taken for the beginning.
  if (cut_[kept_]) return;
  const std::size_t room = std::min(kLongestKept - size_[kept_], text_.size() - text_size_);
  const std::size_t length = std::min(room, part.size());
  std::copy_n(part.data(), length, text_.data() + text_size_);
  text_size_ += length;
  size_[kept_] = static_cast<std::uint16_t>(size_[kept_] + length);
  cut_[kept_] = length < part.size();
}

RedisRequestReader::State RedisRequestReader::end_argument() {
  if (read_ == 0) end_name();
  if (keeping_) kept_++;
  keeping_ = false;
  read_++;
  return read_ == count_ ? State::kEnded : State::kLength;
}

void RedisRequestReader::end_name() {
  std::transform(text_.data(), text_.data() + size_[0], text_.data(), upper);
  if (!is_name(name())) {
    text_[0] = '?';
    size_[0] = 1;
    text_size_ = std::max<std::size_t>(text_size_, 1);
  } else {
    command_ = find_redis_command(name());
  }
  wanted_ = command_ ? redis_arguments_kept(command_->key) : 1;
  named_ = true;
}

}  // namespace culprit
