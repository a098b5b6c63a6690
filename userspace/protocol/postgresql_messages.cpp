// SPDX-License-Identifier: Apache-2.0
#include "protocol/postgresql_messages.h"

#include <algorithm>
#include <cstddef>

namespace culprit {
namespace {

constexpr std::uint32_t kMostLength = 0x3fffffff;  // of the server's own buffers
constexpr std::uint32_t kSomeLength = 1 << 17;     // of what carries no data
constexpr std::uint32_t kLeastPacket = 8, kMostPacket = 10000;
constexpr std::size_t kPacketKept = 4096;
constexpr std::size_t kCarriedForGood = 1024;  // capacity that a quiet connection may hold

// What a type allows: bytes of the body that somebody reads, and the length field's range.
struct Kind {
  std::uint16_t kept = 0;
  std::uint32_t least = 0, most = 0;  // most 0: no such type
};
using Kinds = std::array<Kind, 128>;

constexpr Kinds request_kinds() {
  Kinds kinds{};
  kinds['Q'] = {8192, 5, kMostLength};
  kinds['P'] = {8192, 8, kMostLength};
  kinds['B'] = {512, 12, kMostLength};
  kinds['E'] = {512, 9, kSomeLength};
  kinds['C'] = {512, 6, kSomeLength};
  kinds['D'] = {0, 6, kSomeLength};
  kinds['F'] = {4, 14, kMostLength};
  kinds['d'] = {0, 4, kMostLength};
  kinds['f'] = {0, 5, kSomeLength};
  kinds['p'] = {0, 4, kSomeLength};
  for (const char bare : {'S', 'H', 'X', 'c'}) kinds[static_cast<std::size_t>(bare)] = {0, 4, 4};
  return kinds;
}

constexpr Kinds reply_kinds() {
  Kinds kinds{};
  kinds['Z'] = {1, 5, 5};
  kinds['C'] = {64, 5, 1024};
  kinds['E'] = {512, 5, kMostLength};
  kinds['N'] = {0, 5, kMostLength};
  kinds['A'] = {0, 10, kSomeLength};
  kinds['S'] = {0, 6, kMostLength};
  for (const char bare : {'1', '2', '3', 'I', 'n', 's', 'c'}) {
    kinds[static_cast<std::size_t>(bare)] = {0, 4, 4};
  }
  for (const char data : {'D', 'T', 't'}) {
    kinds[static_cast<std::size_t>(data)] = {0, 6, kMostLength};
  }
  kinds['d'] = {0, 4, kMostLength};
  for (const char copy : {'G', 'H', 'W'}) {
    kinds[static_cast<std::size_t>(copy)] = {0, 7, kSomeLength};
  }
  kinds['V'] = {0, 8, kMostLength};
  kinds['R'] = {0, 8, kSomeLength};
  kinds['K'] = {0, 12, 512};
  kinds['v'] = {0, 12, kSomeLength};
  return kinds;
}

constexpr Kinds kRequestKinds = request_kinds(), kReplyKinds = reply_kinds();

// nullptr: the side has no such message.
const Kind* find_kind(PostgresqlSide side, char type, std::uint32_t length) {
  const std::size_t index = static_cast<unsigned char>(type);
  if (index >= kRequestKinds.size()) return nullptr;
  const Kind& kind = side == PostgresqlSide::kRequest ? kRequestKinds[index] : kReplyKinds[index];
  return length >= kind.least && length <= kind.most ? &kind : nullptr;
}

bool is_type(PostgresqlSide side, char type) {
  const std::size_t index = static_cast<unsigned char>(type);
  const Kinds& kinds = side == PostgresqlSide::kRequest ? kRequestKinds : kReplyKinds;
  return index < kinds.size() && kinds[index].most > 0;
}

// Takes whole messages off the front; false at one that is none of that side's.
bool take_whole_messages(PostgresqlSide side, std::string_view& bytes) {
  while (bytes.size() >= 5) {
    const std::uint32_t length = postgresql_number(bytes.substr(1));
    if (!find_kind(side, bytes[0], length)) return false;
    if (bytes.size() - 1 < length) return true;
    bytes.remove_prefix(std::size_t{1} + length);
  }
  return true;
}

}  // namespace

std::uint32_t postgresql_number(std::string_view bytes) {
  if (bytes.size() < 4) return 0;
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; i++) number = number << 8 | static_cast<unsigned char>(bytes[i]);
  return number;
}

bool are_postgresql_messages(PostgresqlSide side, std::string_view bytes) {
  if (bytes.empty() || !take_whole_messages(side, bytes)) return false;
  return bytes.empty() || is_type(side, bytes[0]);
}

bool are_whole_postgresql_messages(PostgresqlSide side, std::string_view bytes) {
  return !bytes.empty() && take_whole_messages(side, bytes) && bytes.empty();
}

bool is_postgresql_packet(std::string_view bytes) {
  if (bytes.size() < 8) return false;
  const std::uint32_t length = postgresql_number(bytes), code = postgresql_number(bytes.substr(4));
  return length >= kLeastPacket && length <= kMostPacket &&
         (code >> 16 == 3 || (code >> 16 == 1234 && (code & 0xffff) >= 5678));
}

void PostgresqlMessages::feed(const Piece& piece) {
  rest_ = piece.bytes;
  now_.time_ns = piece.time_ns;
  now_.arrived_ns = piece.arrived_ns;
  now_.tid = piece.tid;
  now_.task = piece.task;
  now_.work = piece.work;
  if (piece.missing_before > 0) skip_missing(piece.missing_before);
}

// A message that the gap ends in or passes over has ended all the same: its length is known.
void PostgresqlMessages::skip_missing(std::uint64_t missing) {
  now_.place += missing;
  if (in_body_) {
    cut_ = true;
    keep_left_ = 0;
    if (missing <= body_left_) {
      body_left_ -= missing;
      return;
    }
    body_left_ = 0;
  }
  losses_++;
  lost_ = true;
  header_size_ = 0;
}

PostgresqlMessages::Next PostgresqlMessages::next(PostgresqlMessage& message) {
  if (!in_body_) {
    if (lost_) return Next::kLost;
    if (!read_header()) return lost_ ? Next::kLost : Next::kMore;
  }
  const std::size_t size = std::min<std::uint64_t>(body_left_, rest_.size());
  const std::string_view part = rest_.substr(0, size);
  advance(size);
  body_left_ -= size;
  if (body_left_ > 0) {
    keep(part);
    return Next::kMore;
  }
  if (carried_.empty()) {
    message.body = part.substr(0, keep_left_);
    cut_ = cut_ || part.size() > keep_left_;
  } else {
    keep(part);
    message.body = carried_;
  }
  message.type = type_;
  message.cut = cut_;
  message.begin = begin_;
  message.end = now_;
  message.end.place = end_place_;
  in_body_ = false;
  return Next::kMessage;
}

bool PostgresqlMessages::read_header() {
  if (rest_.empty()) return false;
  if (header_size_ == 0) {
    begin_ = now_;
    // A packet is so short that its length begins with 0, which is no type.
    packet_ = packet_ && rest_[0] == 0;
  }
  const std::size_t whole = packet_ ? 4 : 5;
  const std::size_t size = std::min(whole - header_size_, rest_.size());
  std::copy_n(rest_.begin(), size, header_.begin() + header_size_);
  header_size_ = static_cast<std::uint8_t>(header_size_ + size);
  advance(size);
  if (!packet_ && !is_type(side_, header_[0])) {
    contradictions_++;
    lose();
    return false;
  }
  if (header_size_ < whole) return false;
  header_size_ = 0;
  const std::string_view header(header_.data(), whole);
  begin_body(packet_ ? '\0' : header[0], postgresql_number(header.substr(packet_ ? 0 : 1)));
  return !lost_;
}

void PostgresqlMessages::begin_body(char type, std::uint32_t length) {
  std::size_t kept = kPacketKept;
  bool known = length >= kLeastPacket && length <= kMostPacket;
  if (!packet_) {
    const Kind* kind = find_kind(side_, type, length);
    known = kind;
    kept = kind ? kind->kept : 0;
  }
  if (!known) {
    contradictions_++;
    lose();
    return;
  }
  if (carried_.capacity() > kCarriedForGood) {
    std::string().swap(carried_);
  } else {
    carried_.clear();
  }
  type_ = type;
  body_left_ = length - 4;
  keep_left_ = kept;
  end_place_ = now_.place + body_left_;
  in_body_ = true;
  packet_ = cut_ = false;
}

void PostgresqlMessages::keep(std::string_view part) {
  const std::size_t size = std::min(part.size(), keep_left_);
  carried_.append(part, 0, size);
  keep_left_ -= size;
  cut_ = cut_ || size < part.size();
}

void PostgresqlMessages::regain(std::size_t skip) {
  advance(std::min(skip, rest_.size()));
  lost_ = in_body_ = packet_ = false;
  header_size_ = 0;
}

void PostgresqlMessages::lose() {
  lost_ = true;
  in_body_ = packet_ = false;
  header_size_ = 0;
}

void PostgresqlMessages::advance(std::size_t size) {
  rest_.remove_prefix(size);
  now_.place += size;
}

}  // namespace culprit
