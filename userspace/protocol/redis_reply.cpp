// SPDX-License-Identifier: Apache-2.0
#include "protocol/redis_reply.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace culprit {
namespace {

constexpr std::uint64_t kLongestLine = 64 * 1024;
constexpr std::int64_t kLongestString = std::int64_t{1} << 40;
constexpr std::int64_t kMostElements = std::int64_t{1} << 31;

bool is_type(char c) {
  return std::string_view("+-:$*_#,(!=%~>|").find(c) != std::string_view::npos;
}

// Types whose line is text or a number without end.
bool is_text(char type) {
  return type == '+' || type == '-' || type == '(' || type == ',';
}

std::optional<std::int64_t> number_of(std::string_view line) {
  if (line.starts_with('+')) line.remove_prefix(1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  if (error != std::errc() || end != line.data() + line.size()) return std::nullopt;
  return number;
}

void keep_text(RespValue& value, std::string_view text) {
  const std::size_t room = value.text.size() - value.text_size;
  const std::size_t length = std::min(room, text.size());
  std::copy_n(text.data(), length, value.text.data() + value.text_size);
  value.text_size = static_cast<std::uint8_t>(value.text_size + length);
}

}  // namespace

CacheReplyReader::Event RespReader::next(std::string_view& bytes) {
  while (true) {
    if (state_ == State::kEnded) {
      bool is_event = false;
      const Event event = end_value(is_event);
      if (is_event) return event;
      continue;
    }
    if (state_ == State::kBroken) return Event::kBroken;
    if (bytes.empty()) return Event::kMore;
    if (state_ == State::kType) take_type(bytes);
    if (state_ == State::kLine) take_line(bytes);
    if (state_ == State::kString) take_string(bytes);
  }
}

bool RespReader::begins(std::string_view bytes) const {
  return !bytes.empty() && is_type(bytes.front());
}

bool RespReader::skip(std::uint64_t missing) {
  if (missing == 0) return true;
  if (state_ != State::kString || missing > string_left_) return false;
  text_into_ = nullptr;
  string_left_ -= missing;
  if (string_left_ == 0) state_ = State::kEnded;
  return true;
}

void RespReader::reset() {
  depth_ = attributes_ = 0;
  attributed_ = false;
  state_ = State::kType;
}

void RespReader::take_type(std::string_view& bytes) {
  type_ = bytes.front();
  bytes.remove_prefix(1);
  line_size_ = 0;
  line_last_ = 0;
  if (depth_ == 0) {
    value_ = RespValue();
    value_.type = type_ == '|' ? '\0' : type_;
  }
  state_ = is_type(type_) && (type_ != '>' || depth_ == 0) ? State::kLine : State::kBroken;
}

void RespReader::take_line(std::string_view& bytes) {
  const std::size_t newline = bytes.find('\n');
  const std::string_view part = bytes.substr(0, newline);
  if (line_size_ < line_.size()) {
    std::copy_n(part.data(), std::min(part.size(), line_.size() - line_size_),
                line_.data() + line_size_);
  }
  line_size_ += part.size();
  if (!part.empty()) line_last_ = part.back();
  bytes.remove_prefix(part.size());
  if (line_size_ > (is_text(type_) ? kLongestLine : line_.size())) {
    state_ = State::kBroken;
  } else if (!bytes.empty()) {
    bytes.remove_prefix(1);
    state_ = line_last_ == '\r' ? end_line() : State::kBroken;
  }
}

void RespReader::take_string(std::string_view& bytes) {
  const std::size_t length = std::min<std::uint64_t>(string_left_, bytes.size());
  const std::size_t content =
      string_left_ <= 2 ? 0 : std::min<std::uint64_t>(string_left_ - 2, length);
  if (text_into_) keep_text(*text_into_, bytes.substr(0, content));
  for (std::size_t i = content; i < length; i++) {
    if (bytes[i] != (string_left_ - i == 2 ? '\r' : '\n')) state_ = State::kBroken;
  }
  bytes.remove_prefix(length);
  string_left_ -= length;
  if (string_left_ == 0 && state_ == State::kString) state_ = State::kEnded;
}

CacheReplyReader::Event RespReader::end_value(bool& event) {
  if (depth_ == 0) {
    state_ = State::kType;
    attributed_ = false;
    event = true;
    return value_.type == '>' ? Event::kPush : Event::kValue;
  }
  event = depth_ == 1 && attributes_ == 0;
  Frame& parent = frames_[depth_ - 1];
  state_ = State::kType;
  if (--parent.left == 0) {
    depth_--;
    if (parent.type == '|') {
      attributes_--;
    } else {
      state_ = State::kEnded;
    }
  }
  return Event::kElement;
}

RespReader::State RespReader::end_line() {
  const std::size_t size = std::min<std::uint64_t>(line_size_ - 1, line_.size());
  const std::string_view line(line_.data(), size);
  RespValue& value = current();
  value = RespValue();
  value.type = type_;
  State state = State::kEnded;
  if (is_text(type_)) {
    const bool first = &value == &element_ && frames_[0].left == value_.size;
    keep_text(first ? value_ : value, line);
    if (first) keep_text(value, line);
  } else if (type_ == '#') {
    value.number = line == "t";
  } else if (type_ == '_') {
    value.null = true;
  } else {
    const std::optional<std::int64_t> number = number_of(line);
    if (!number) return State::kBroken;
    if (type_ == ':') {
      value.number = *number;
    } else if (type_ == '$' || type_ == '!' || type_ == '=') {
      state = begin_string(value, *number);
    } else {
      value.null = *number == -1 && type_ == '*';
      note_in_parents(value);
      return value.null ? State::kEnded : begin_aggregate(value, *number);
    }
  }
  note_in_parents(value);
  return state;
}

RespReader::State RespReader::begin_string(RespValue& value, std::int64_t length) {
  if (length == -1 && type_ == '$') {
    value.null = true;
    return State::kEnded;
  }
  if (length < 0 || length > kLongestString) return State::kBroken;
  value.size = static_cast<std::uint64_t>(length);
  string_left_ = value.size + 2;
  text_into_ = type_ == '!' ? &value : nullptr;
  if (&value == &element_ && frames_[0].left == value_.size) text_into_ = &value_;
  return State::kString;
}

RespReader::State RespReader::begin_aggregate(RespValue& value, std::int64_t count) {
  if (count < 0 || count > kMostElements) return State::kBroken;
  value.size = static_cast<std::uint64_t>(count);
  const bool attribute = type_ == '|';
  if (attribute && depth_ == 0) attributed_ = true;
  if (count == 0) return attribute ? State::kType : State::kEnded;
  if (depth_ == kMostDepth) return State::kBroken;
  const bool pairs = type_ == '%' || attribute;
  frames_[depth_++] = {value.size * (pairs ? 2 : 1), type_};
  if (attribute) attributes_++;
  return State::kType;
}

void RespReader::note_in_parents(const RespValue& value) {
  if (attributes_ > 0 || value.type == '|') return;
  if (depth_ == 1) {
    value_.nulls += value.null;
    value_.positive += value.number > 0;
  } else if (depth_ == 2) {
    value_.inner++;
    element_.nulls += value.null;
    element_.positive += value.number > 0;
  } else if (depth_ == 3) {
    element_.inner++;
  }
}

RespValue& RespReader::current() {
  if (attributes_ > 0 || type_ == '|' || depth_ > 1) return deep_;
  return depth_ == 0 ? value_ : element_;
}

}  // namespace culprit
