// SPDX-License-Identifier: Apache-2.0
#include "protocol/mysql_framer.h"

#include <algorithm>
#include <cstring>

#include "protocol/mysql_bytes.h"

namespace culprit {

bool MysqlFramer::take(std::string_view& bytes) {
  if (ended_) reset();
  while (!bytes.empty()) {
    if (header_size_ < header_.size()) {
      const std::size_t size = std::min(header_.size() - header_size_, bytes.size());
      std::memcpy(header_.data() + header_size_, bytes.data(), size);
      header_size_ = static_cast<std::uint8_t>(header_size_ + size);
      message_.wire_bytes += size;
      bytes.remove_prefix(size);
      if (header_size_ < header_.size()) return false;
      begin_packet();
    }
    const std::size_t size = std::min<std::size_t>(remaining_, bytes.size());
    keep(bytes.substr(0, size));
    message_.wire_bytes += size;
    remaining_ -= static_cast<std::uint32_t>(size);
    bytes.remove_prefix(size);
    if (remaining_ == 0 && end_packet()) return true;
  }
  return false;
}

MysqlFramer::Skip MysqlFramer::skip(std::uint64_t missing) {
  if (ended_ || header_size_ < header_.size() || missing > remaining_) return Skip::kLost;
  hole_ = true;
  message_.wire_bytes += missing;
  remaining_ -= static_cast<std::uint32_t>(missing);
  return remaining_ == 0 && end_packet() ? Skip::kEnded : Skip::kWithin;
}

void MysqlFramer::reset() {
  message_ = {};
  carried_.clear();
  header_size_ = 0;
  remaining_ = 0;
  has_header_ = last_packet_ = hole_ = ended_ = false;
}

void MysqlFramer::begin_packet() {
  const auto byte = [this](std::size_t i) { return static_cast<std::uint8_t>(header_[i]); };
  remaining_ = byte(0) | static_cast<std::uint32_t>(byte(1)) << 8 |
               static_cast<std::uint32_t>(byte(2)) << 16;
  last_packet_ = remaining_ < kMysqlMostPacket;
  message_.length += remaining_;
  message_.last_sequence = byte(3);
  if (!has_header_) message_.sequence = byte(3);
  has_header_ = true;
}

void MysqlFramer::keep(std::string_view bytes) {
  if (hole_ || bytes.empty()) return;
  if (bytes.size() == message_.length && last_packet_) {
    message_.head = bytes;
    return;
  }
  carried_.append(bytes.substr(0, most_head_ - carried_.size()));
  message_.head = carried_;
}

bool MysqlFramer::end_packet() {
  header_size_ = 0;
  ended_ = last_packet_;
  return ended_;
}

}  // namespace culprit
