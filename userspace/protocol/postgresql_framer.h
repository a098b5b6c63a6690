// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/call.h"

namespace culprit {

/// Unsigned 32 bits in network order; `bytes` has at least four.
inline std::uint32_t read_u32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; i++)
    value = value << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
  return value;
}

/// One message of a stream of messages {letter, length, body}.
struct PostgresqlMessage {
  char type = 0;
  std::string_view body;   ///< as much as was captured, at most PostgresqlFramer::kMostKept
  bool cut = false;        ///< `body` is not all of it
  std::uint64_t size = 0;  ///< on the wire, header included
  /// When and where its first byte was seen.
  std::uint64_t first_ns = 0, first_arrived_ns = 0;
  std::uint32_t first_tid = 0;
};

/// Cuts one direction into messages, across pieces and gaps. Keeps at most kMostKept bytes
/// of a message that several pieces carry.
class PostgresqlFramer {
 public:
  static constexpr std::size_t kMostKept = 8192;

  /// Forgets what it was amid: the next byte begins a message.
  void reset() {
    head_size_ = 0;
    in_body_ = lost_ = false;
  }
  /// True when bytes were missing beyond the message they began in.
  bool lost() const { return lost_; }
  void lose() { lost_ = true; }
  /// True between messages.
  bool at_boundary() const { return !lost_ && !in_body_ && head_size_ == 0; }

  /// `known(letter)`: is it a message of this direction; `wanted(letter)`: is its body to be
  /// kept; `take(message)`. False when the bytes contradict the protocol.
  template <class Known, class Wanted, class Take>
  bool feed(const Piece& piece, Known known, Wanted wanted, Take take);

 private:
  void skip(std::uint64_t missing);
  bool begin(const Piece& piece);
  void keep(std::string_view bytes);

  char head_[5] = {};
  std::size_t head_size_ = 0;
  bool in_body_ = false, lost_ = false, keeping_ = false, cut_ = false;
  std::uint64_t left_ = 0;  ///< of the body
  PostgresqlMessage message_;
  std::string kept_;
};

inline void PostgresqlFramer::skip(std::uint64_t missing) {
  if (missing == 0 || lost_) return;
  if (!in_body_ || missing > left_) {
    lost_ = true;
    return;
  }
  left_ -= missing;
  cut_ = true;
}

/// The header is complete.
inline bool PostgresqlFramer::begin(const Piece& piece) {
  const std::uint32_t length = read_u32({head_ + 1, 4});
  constexpr std::uint32_t kLongest = 0x40000000;  // of the server's own limit, 1 GiB
  if (length < 4 || length > kLongest) return false;
  message_.type = head_[0];
  message_.size = std::uint64_t{length} + 1;
  left_ = length - 4;
  in_body_ = true;
  cut_ = false;
  kept_.clear();
  (void)piece;
  return true;
}

inline void PostgresqlFramer::keep(std::string_view bytes) {
  const std::size_t room = kMostKept - std::min(kMostKept, kept_.size());
  if (!cut_) kept_.append(bytes.substr(0, room));
  if (bytes.size() > room) cut_ = true;
}

template <class Known, class Wanted, class Take>
bool PostgresqlFramer::feed(const Piece& piece, Known known, Wanted wanted, Take take) {
  skip(piece.missing_before);
  std::string_view bytes = piece.bytes;
  while (!lost_) {
    if (in_body_ && left_ == 0) {  // a body of nothing, or one whose end was not captured
      in_body_ = false;
      message_.body = kept_;
      message_.cut = cut_;
      take(message_);
      continue;
    }
    if (bytes.empty()) return true;
    if (in_body_) {
      const std::size_t part = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
      if (keeping_) keep(bytes.substr(0, part));
      bytes.remove_prefix(part);
      left_ -= part;
      continue;
    }
    if (head_size_ == 0) {
      message_.first_ns = piece.time_ns;
      message_.first_arrived_ns = piece.arrived_ns;
      message_.first_tid = piece.tid;
      if (!known(bytes[0])) return false;
    }
    const std::size_t part = std::min(sizeof(head_) - head_size_, bytes.size());
    std::copy_n(bytes.data(), part, head_ + head_size_);
    head_size_ += part;
    bytes.remove_prefix(part);
    if (head_size_ < sizeof(head_)) return true;
    head_size_ = 0;
    if (!begin(piece)) return false;
    keeping_ = wanted(message_.type);
    if (left_ > 0 && left_ <= bytes.size()) {  // the usual case: all of it is here
      in_body_ = false;
      message_.body = bytes.substr(0, static_cast<std::size_t>(left_));
      message_.cut = false;
      bytes.remove_prefix(static_cast<std::size_t>(left_));
      left_ = 0;
      take(message_);
    }
  }
  return true;
}

}  // namespace culprit
