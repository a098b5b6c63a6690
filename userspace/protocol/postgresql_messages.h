// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/decoder.h"

namespace culprit {

enum class PostgresqlSide : std::uint8_t { kRequest, kReply };

/// A place in one direction's bytes, and the system call that passed it.
struct PostgresqlMoment {
  std::uint64_t place = 0;  ///< bytes of the direction before it, missing ones included
  std::uint64_t time_ns = 0, arrived_ns = 0;
  std::uint32_t tid = 0, task = 0, work = 0;
};

struct PostgresqlMessage {
  char type = 0;          ///< 0: a start-up packet, which bears no type
  bool cut = false;       ///< `body` is not the whole body
  std::string_view body;  ///< its beginning, as far as its type is kept; holds until next()
  PostgresqlMoment begin, end;
};

/// Messages of one direction out of its pieces. What lies within one piece is not copied;
/// of what does not, only the beginning that somebody reads is carried over.
class PostgresqlMessages {
 public:
  enum class Next : std::uint8_t {
    kMessage,
    kMore,  ///< the piece is used up
    kLost,  ///< where the next message begins is not known: regain() or drop()
  };

  /// `from_start` false: where messages begin has to be found.
  PostgresqlMessages(PostgresqlSide side, bool from_start) : side_(side), lost_(!from_start) {}

  void feed(const Piece& piece);
  Next next(PostgresqlMessage& message);

  /// The next message is a start-up packet.
  void expect_packet() { packet_ = true; }
  /// A message begins after `skip` bytes of rest().
  void regain(std::size_t skip);
  void lose();
  /// Passes over what is left of the piece.
  void drop() { advance(rest_.size()); }

  /// Amid a message, whose end is to come.
  bool in_body() const { return in_body_; }
  std::string_view rest() const { return rest_; }
  PostgresqlMoment now() const { return now_; }
  std::uint64_t contradictions() const { return contradictions_; }
  /// How often missing bytes hid where messages begin.
  std::uint64_t losses() const { return losses_; }

 private:
  void skip_missing(std::uint64_t missing);
  bool read_header();
  void begin_body(char type, std::uint32_t length);
  void keep(std::string_view part);
  void advance(std::size_t size);

  PostgresqlSide side_;
  bool lost_, packet_ = false, in_body_ = false, cut_ = false;
  std::uint8_t header_size_ = 0;
  std::array<char, 5> header_{};
  char type_ = 0;
  std::uint64_t body_left_ = 0;
  std::size_t keep_left_ = 0;
  std::string_view rest_;
  PostgresqlMoment now_, begin_;
  std::uint64_t end_place_ = 0;
  std::string carried_;
  std::uint64_t contradictions_ = 0, losses_ = 0;
};

/// True when `bytes` are messages of that side one after the other, the last of which may
/// be incomplete.
bool are_postgresql_messages(PostgresqlSide side, std::string_view bytes);
/// The same, and the last one is complete.
bool are_whole_postgresql_messages(PostgresqlSide side, std::string_view bytes);

/// True when `bytes` begin with a start-up packet, or a request for TLS, GSS or cancelling.
bool is_postgresql_packet(std::string_view bytes);

/// Big-endian; 0 when there are fewer than four bytes.
std::uint32_t postgresql_number(std::string_view bytes);

}  // namespace culprit
