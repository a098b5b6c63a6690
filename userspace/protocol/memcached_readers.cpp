// SPDX-License-Identifier: Apache-2.0
#include "protocol/memcached_readers.h"

#include <algorithm>

namespace culprit {
namespace {

// A line that asks for many keys is as long as they are.
constexpr std::uint64_t kLongestLine = 1 << 20;
constexpr std::uint64_t kLineEnd = 2;

std::string_view without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

CacheRequestReader::Event MemcachedRequestReader::next(std::string_view& bytes) {
  while (true) {
    if (state_ == State::kEnded) {
      state_ = State::kStart;
      return Event::kRequest;
    }
    if (state_ == State::kBroken) return Event::kBroken;
    if (bytes.empty()) return Event::kMore;
    if (state_ == State::kStart) {
      binary_ = bytes.front() == kMemcachedRequestMagic;
      state_ = binary_ ? State::kHeader : State::kLine;
      kept_ = 0;
      line_size_ = words_ = 0;
      in_word_ = key_cut_ = false;
    }
    if (state_ == State::kLine) {
      take_line(bytes);
    } else if (state_ == State::kData) {
      take_data(bytes);
    } else {
      take_binary(bytes);
    }
  }
}

bool MemcachedRequestReader::skip(std::uint64_t missing) {
  if (missing == 0) return true;
  if (state_ == State::kKey && missing <= left_ + (wanted_ - kept_)) {
    // The rest of the key counts as data, for it has no beginning.
    key_cut_ = true;
    left_ += wanted_ - kept_;
    state_ = State::kData;
  }
  if (state_ != State::kData || missing > left_) return false;
  left_ -= missing;
  if (left_ == 0) state_ = State::kEnded;
  return true;
}

bool MemcachedRequestReader::named() const {
  if (state_ == State::kData || state_ == State::kEnded) return true;
  return state_ == State::kLine && (words_ > 2 || (words_ == 2 && !in_word_));
}

bool MemcachedRequestReader::begins(std::string_view bytes) const {
  if (bytes.empty()) return false;
  if (bytes.front() == kMemcachedRequestMagic) {
    return bytes.size() < kMemcachedHeader ||
           parse_memcached_header(bytes.substr(0, kMemcachedHeader)).has_value();
  }
  std::string_view line = bytes.substr(0, bytes.find('\n'));
  return is_memcached_command(without_return(take_memcached_word(line)));
}

MemcachedRequest MemcachedRequestReader::request() const {
  const std::string_view text(text_.data(), kept_);
  if (!binary_) {
    MemcachedRequest request = parse_memcached_request(without_return(text), words_);
    request.key_cut = request.key.data() + request.key.size() == text_.data() + text_.size();
    return request;
  }
  MemcachedRequest request = memcached_request_of(header_);
  if (!has_memcached_key(header_.opcode)) return request;
  request.key = text.substr(std::min(text.size(), kMemcachedHeader + header_.extras));
  request.key_cut = key_cut_;
  return request;
}

void MemcachedRequestReader::take_line(std::string_view& bytes) {
  const std::string_view part = bytes.substr(0, bytes.find('\n'));
  for (const char c : part) {
    const bool in_word = c != ' ' && c != '\r';
    words_ += in_word && !in_word_;
    in_word_ = in_word;
  }
  keep(part);
  line_size_ += part.size();
  bytes.remove_prefix(part.size());
  if (line_size_ > kLongestLine) state_ = State::kBroken;
  if (state_ == State::kBroken || bytes.empty()) return;
  bytes.remove_prefix(1);
  const MemcachedRequest parsed = request();
  if (parsed.data) {
    await_data(*parsed.data + kLineEnd);
  } else {
    state_ = State::kEnded;
  }
}

void MemcachedRequestReader::take_binary(std::string_view& bytes) {
  const std::size_t end = state_ == State::kHeader ? kMemcachedHeader : wanted_;
  const std::string_view part = bytes.substr(0, end - kept_);
  keep(part);
  bytes.remove_prefix(part.size());
  if (kept_ < end) return;
  if (state_ == State::kKey) return await_data(left_);
  const auto header = parse_memcached_header({text_.data(), kMemcachedHeader});
  if (!header) {
    state_ = State::kBroken;
    return;
  }
  header_ = *header;
  const std::size_t named = header_.extras + header_.key;
  wanted_ = std::min(text_.size(), kMemcachedHeader + named);
  key_cut_ = wanted_ < kMemcachedHeader + named;
  left_ = header_.body - (wanted_ - kMemcachedHeader);
  if (wanted_ > kMemcachedHeader) {
    state_ = State::kKey;
  } else {
    await_data(left_);
  }
}

void MemcachedRequestReader::take_data(std::string_view& bytes) {
  const std::size_t length = std::min<std::uint64_t>(left_, bytes.size());
  bytes.remove_prefix(length);
  left_ -= length;
  if (left_ == 0) state_ = State::kEnded;
}

void MemcachedRequestReader::keep(std::string_view part) {
  const std::size_t length = std::min(part.size(), text_.size() - kept_);
  std::copy_n(part.data(), length, text_.data() + kept_);
  kept_ += length;
}

void MemcachedRequestReader::await_data(std::uint64_t length) {
  left_ = length;
  state_ = left_ > 0 ? State::kData : State::kEnded;
}

CacheReplyReader::Event MemcachedReplyReader::next(std::string_view& bytes) {
  while (true) {
    if (state_ == State::kEnded) {
      state_ = State::kStart;
      continued_ = reply_.word == MemcachedWord::kValue || reply_.word == MemcachedWord::kItem;
      return continued_ ? Event::kElement : Event::kValue;
    }
    if (state_ == State::kBroken) return Event::kBroken;
    if (bytes.empty()) return Event::kMore;
    if (state_ == State::kStart) {
      binary_ = bytes.front() == kMemcachedReplyMagic;
      state_ = binary_ ? State::kHeader : State::kLine;
      kept_ = 0;
      line_size_ = 0;
    }
    if (state_ == State::kLine) {
      take_line(bytes);
    } else if (state_ == State::kHeader) {
      take_header(bytes);
    } else {
      take_data(bytes);
    }
  }
}

bool MemcachedReplyReader::skip(std::uint64_t missing) {
  if (missing == 0) return true;
  if (state_ != State::kData || missing > left_) return false;
  left_ -= missing;
  if (left_ == 0) state_ = State::kEnded;
  return true;
}

void MemcachedReplyReader::reset() {
  state_ = State::kStart;
  continued_ = false;
}

bool MemcachedReplyReader::begins(std::string_view bytes) const {
  if (bytes.empty()) return false;
  const char first = bytes.front();
  if (first == kMemcachedReplyMagic) return true;
  const std::size_t end = bytes.find('\n');
  return end != std::string_view::npos &&
         parse_memcached_reply(without_return(bytes.substr(0, end))).word !=
             MemcachedWord::kUnknown;
}

void MemcachedReplyReader::take_line(std::string_view& bytes) {
  const std::string_view part = bytes.substr(0, bytes.find('\n'));
  keep(part);
  line_size_ += part.size();
  bytes.remove_prefix(part.size());
  if (line_size_ > kLongestLine) state_ = State::kBroken;
  if (state_ == State::kBroken || bytes.empty()) return;
  bytes.remove_prefix(1);
  reply_ = parse_memcached_reply(without_return({text_.data(), kept_}));
  if (reply_.word == MemcachedWord::kUnknown) {
    state_ = State::kBroken;
  } else if (reply_.data) {
    left_ = *reply_.data + kLineEnd;
    state_ = State::kData;
  } else {
    state_ = State::kEnded;
  }
}

void MemcachedReplyReader::take_header(std::string_view& bytes) {
  const std::string_view part = bytes.substr(0, kMemcachedHeader - kept_);
  keep(part);
  bytes.remove_prefix(part.size());
  if (kept_ < kMemcachedHeader) return;
  const auto header = parse_memcached_header({text_.data(), kMemcachedHeader});
  if (!header) {
    state_ = State::kBroken;
    return;
  }
  reply_ = memcached_reply_of(*header);
  left_ = header->body;
  state_ = left_ > 0 ? State::kData : State::kEnded;
}

void MemcachedReplyReader::take_data(std::string_view& bytes) {
  const std::size_t length = std::min<std::uint64_t>(left_, bytes.size());
  if (!binary_) {
    const std::size_t content =
        left_ <= kLineEnd ? 0 : std::min<std::uint64_t>(left_ - kLineEnd, length);
    for (std::size_t i = content; i < length; i++) {
      if (bytes[i] != (left_ - i == kLineEnd ? '\r' : '\n')) state_ = State::kBroken;
    }
  }
  bytes.remove_prefix(length);
  left_ -= length;
  if (left_ == 0 && state_ == State::kData) state_ = State::kEnded;
}

void MemcachedReplyReader::keep(std::string_view part) {
  const std::size_t length = std::min(part.size(), text_.size() - kept_);
  std::copy_n(part.data(), length, text_.data() + kept_);
  kept_ += length;
}

}  // namespace culprit
