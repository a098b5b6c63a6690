// SPDX-License-Identifier: Apache-2.0
#include "protocol/http1_reader.h"

#include <algorithm>

namespace culprit {

namespace {

constexpr std::size_t kStartLineMost = 4096;  // kept of a start line that comes in parts
constexpr std::size_t kFieldMost = 128;       // and of any other line
constexpr std::size_t kIdleMost = 256;        // memory kept while nothing is carried over
constexpr std::size_t kLongestNumber = 18;    // digits that fit in any case

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

/// `expected` is lower case.
bool begins_with(std::string_view text, std::string_view expected) {
  return text.size() >= expected.size() &&
         std::equal(expected.begin(), expected.end(), text.begin(),
                    [](char want, char c) { return want == lower(c); });
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/// Value of the field called `name`, which is lower case.
std::optional<std::string_view> value_of(std::string_view line, std::string_view name) {
  if (line.size() <= name.size() || line[name.size()] != ':' || !begins_with(line, name))
    return std::nullopt;
  line.remove_prefix(name.size() + 1);
  while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
  while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
  return line;
}

std::optional<std::uint64_t> parse_length(std::string_view text) {
  if (text.empty() || text.size() > kLongestNumber) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

std::optional<std::string_view> Http1Reader::take_line(std::string_view& bytes) {
  if (used_) {
    carried_.clear();
    used_ = cut_ = false;
  }
  const std::size_t end = bytes.find('\n');
  std::string_view line = bytes.substr(0, end);
  bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
  if (end == std::string_view::npos || !carried_.empty()) {
    const std::size_t most = in_start_line() ? kStartLineMost : kFieldMost;
    const std::size_t room = most - std::min(most, carried_.size());
    cut_ = cut_ || line.size() > room;
    carried_.append(line.substr(0, room));
    if (end == std::string_view::npos) return std::nullopt;
    used_ = true;
    line = carried_;
  }
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

void Http1Reader::take(std::string_view& bytes) {
  const std::uint64_t taken = std::min<std::uint64_t>(left_, bytes.size());
  left_ -= taken;
  bytes.remove_prefix(taken);
}

bool Http1Reader::begin_chunk(std::string_view line) {
  std::uint64_t size = 0;
  std::size_t digits = 0;
  for (; digits < line.size() && hex_value(line[digits]) >= 0; digits++) {
    if (size >> 56) return false;
    size = size << 4 | static_cast<std::uint64_t>(hex_value(line[digits]));
  }
  if (digits == 0) return false;
  if (digits < line.size() && line[digits] != ';' && !is_blank(line[digits])) return false;
  place_ = size ? Place::kChunk : Place::kTrailers;
  left_ = size + 2;
  return true;
}

void Http1Reader::field(std::string_view line) {
  const char first = line.empty() ? ' ' : lower(line[0]);
  if (first != 'c' && first != 't') return;
  if (const auto length = value_of(line, "content-length")) {
    const auto value = parse_length(*length);
    head_.malformed = head_.malformed || !value || (head_.length && head_.length != value);
    head_.length = value;
  } else if (const auto coding = value_of(line, "transfer-encoding")) {
    constexpr std::string_view kChunked = "chunked";
    head_.chunked = coding->size() >= kChunked.size() &&
                    begins_with(coding->substr(coding->size() - kChunked.size()), kChunked);
    head_.coded = !head_.chunked;
  } else if (const auto type = value_of(line, "content-type")) {
    head_.event_stream = begins_with(*type, "text/event-stream");
  }
}

Http1Step Http1Reader::next(std::string_view& bytes) {
  line_ = {};
  if (carried_.empty() && carried_.capacity() > kIdleMost) std::string().swap(carried_);
  while (true) {
    if (place_ == Place::kBody || place_ == Place::kChunk) {
      take(bytes);
      if (left_ > 0) return Http1Step::kMore;
      if (place_ == Place::kBody) return message_end();
      place_ = Place::kChunkSize;
    }
    if (place_ == Place::kUntilClose || place_ == Place::kLost) bytes = {};
    if (bytes.empty()) return Http1Step::kMore;
    const std::optional<std::string_view> line = take_line(bytes);
    if (!line) return Http1Step::kMore;
    switch (place_) {
      case Place::kStartLine:
        line_ = *line;
        head_ = {};
        place_ = Place::kFields;
        return Http1Step::kStartLine;
      case Place::kFields:
        if (line->empty()) return Http1Step::kHeadEnd;
        field(*line);
        break;
      case Place::kChunkSize:
        if (begin_chunk(*line)) break;
        lose();
        return Http1Step::kBroken;
      case Place::kTrailers:
        if (line->empty()) return message_end();
        break;
      case Place::kBody:
      case Place::kChunk:
      case Place::kUntilClose:
      case Place::kLost:
        break;
    }
  }
}

std::uint64_t Http1Reader::skip(std::uint64_t missing) {
  switch (place_) {
    case Place::kBody:
    case Place::kChunk: {
      const std::uint64_t skipped = std::min(left_, missing);
      left_ -= skipped;
      return missing - skipped;
    }
    case Place::kUntilClose:
    case Place::kLost:
      return 0;
    case Place::kStartLine:
    case Place::kFields:
    case Place::kChunkSize:
    case Place::kTrailers:
      break;
  }
  return missing;
}

void Http1Reader::body_of(std::uint64_t length) {
  place_ = Place::kBody;
  left_ = length;
}

Http1Step Http1Reader::message_end() {
  restart();
  return Http1Step::kMessageEnd;
}

void Http1Reader::restart() {
  lose();
  place_ = Place::kStartLine;
}

void Http1Reader::lose() {
  place_ = Place::kLost;
  carried_.clear();
  used_ = cut_ = false;
}

}  // namespace culprit
