// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/call.h"

namespace culprit {

/// Unsigned 32 bits in network order; `bytes` has at least four.
inline std::uint32_t read_u32(std::string_view bytes) {
  const auto byte = [bytes](std::size_t at) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at]));
  };
  return byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
}

enum class PostgresqlSide : std::uint8_t { kClient, kServer };

/// A message: letter, length, body. Type NUL is a start-up packet, which has no letter.
struct PostgresqlMessage {
  char type = 0;
  std::string_view body;   ///< as much as was captured; no more than kMostKept if in pieces
  bool cut = false;        ///< `body` is not all of it
  std::uint64_t size = 0;  ///< on the wire, header included
  /// When and where its first byte was seen.
  std::uint64_t first_ns = 0, first_arrived_ns = 0;
  std::uint32_t first_tid = 0;
};

/// Cuts one direction into messages, across pieces and gaps: a gap that ends within the
/// message it began in is skipped exactly, after any other the place is lost.
class PostgresqlFramer {
 public:
  static constexpr std::size_t kMostKept = 8192;

  /// Of the messages of a type.
  struct Rule {
    bool known = false;
    bool kept = false;        ///< the body is read
    std::uint32_t exact = 0;  ///< length of every one; 0: they differ
  };

  explicit PostgresqlFramer(PostgresqlSide side) : side_(side) {}

  /// Takes in a piece whose bytes must last until next() has given nullptr.
  void feed(const Piece& piece);
  /// The next message that is complete, until the one after it; nullptr: there is none. A
  /// message whose end is in a gap is given before the place is lost.
  const PostgresqlMessage* next();

  bool lost() const { return lost_; }
  /// The next byte fed begins anything.
  void lose();
  /// The place was lost to bytes that are none of the protocol; asked once.
  bool contradicted() { return std::exchange(contradicted_, false); }
  /// What is left of the piece begins with messages, as far as can be told.
  bool finds_messages() const;
  /// The bytes are messages from the first byte to the last.
  bool are_messages(std::string_view bytes) const;
  /// What is left of the piece, or the next one, begins with a message.
  void reset();
  /// True amid a message.
  bool in_message() const { return !lost_ && (in_body_ || head_size_ > 0); }
  /// When the place is lost, nothing in what is left of the piece will be read.
  void drop_rest();
  /// Bytes, missing ones too, that were in no message for the place was lost; counted once.
  std::uint64_t take_untold() { return std::exchange(untold_, 0); }

 private:
  bool chain(std::string_view bytes, bool to_the_end) const;
  void skip(std::uint64_t missing);
  bool take_head();
  bool begin(const Rule& rule, std::string_view head);
  void keep(std::string_view bytes);

  PostgresqlSide side_;
  bool lost_ = false, contradicted_ = false;
  bool in_body_ = false, keeping_ = false, cut_ = false;
  bool untouched_ = false;    ///< nothing of the body has passed
  bool ends_in_gap_ = false;  ///< of the message that is next
  char head_[5] = {};
  std::size_t head_size_ = 0;
  std::uint64_t left_ = 0;    ///< of the body
  std::uint64_t passed_ = 0;  ///< since the end of the latest message, bytes_ included
  std::uint64_t untold_ = 0;
  std::string_view bytes_;  ///< what is left of the piece
  std::uint64_t time_ns_ = 0, arrived_ns_ = 0;
  std::uint32_t tid_ = 0;
  PostgresqlMessage message_;
  std::string kept_;
};

}  // namespace culprit
