// SPDX-License-Identifier: Apache-2.0
#include "protocol/request_hash.h"

#include <cstring>

namespace culprit {

// Multiply and fold, as wyhash does with each word.
void RequestHash::mix(std::uint64_t word) {
  const auto product =
      static_cast<unsigned __int128>(state_ ^ word ^ 0xa0761d6478bd642fu) * 0xe7037ed1a0b428dbu;
  state_ = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

void RequestHash::add_bytes(std::string_view bytes) {
  while (in_word_ > 0 && !bytes.empty()) {
    word_ |= std::uint64_t{static_cast<unsigned char>(bytes[0])} << (8 * in_word_);
    bytes.remove_prefix(1);
    if (++in_word_ < sizeof(word_)) continue;
    mix(word_);
    word_ = in_word_ = 0;
  }
  for (; bytes.size() >= sizeof(word_); bytes.remove_prefix(sizeof(word_))) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof(word));
    mix(word);
  }
  for (const char byte : bytes)
    word_ |= std::uint64_t{static_cast<unsigned char>(byte)} << (8 * in_word_++);
}

void RequestHash::add_http(std::string_view bytes) {
  if (part_ == Part::kLine) {
    const std::size_t end = bytes.find('\n');
    add_bytes(bytes.substr(0, end));
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    part_ = Part::kHeaders;
    line_ends_ = 1;
  }
  while (part_ == Part::kHeaders && !bytes.empty()) {
    const char byte = bytes[0];
    bytes.remove_prefix(1);
    if (byte == '\n' && ++line_ends_ == 2) part_ = Part::kBody;
    if (byte != '\n' && byte != '\r') line_ends_ = 0;
  }
  if (part_ == Part::kBody) add_bytes(bytes);
}

void RequestHash::add(const Piece& piece) {
  bytes_ += piece.missing_before + piece.bytes.size();
  if (piece.missing_before > 0) whole_ = false;
  if (!whole_) return;
  if (form_ == Form::kHttp)
    add_http(piece.bytes);
  else
    add_bytes(piece.bytes);
}

std::uint32_t RequestHash::take() {
  std::uint32_t number = 0;
  if (whole_ && bytes_ > 0) {
    mix(word_);
    mix(in_word_);
    mix(key_);
    number = static_cast<std::uint32_t>(state_ >> 32);
    if (number == 0) number = 1;
  }
  *this = RequestHash(form_, key_);
  return number;
}

void RequestHashes::sent(const Piece& piece, Protocol protocol, std::uint64_t key) {
  const bool http = protocol == Protocol::kHttp1;
  if (!present_ || in_reply_)
    present_.emplace(http ? RequestHash::Form::kHttp : RequestHash::Form::kBytes, key);
  in_reply_ = false;
  present_->add(piece);
}

void RequestHashes::give(Call& call) {
  const bool alone = !(call.flags & (kCallPipelined | kCallTimingOnly | kCallResynced));
  if (present_ && alone && call.request_bytes == present_->bytes())
    call.arguments = present_->take();
}

}  // namespace culprit
