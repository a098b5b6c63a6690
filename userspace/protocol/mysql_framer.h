// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace culprit {

/// One message: a packet, or packets of the greatest length and the one that ends them.
struct MysqlMessage {
  /// Its first bytes, as far as they were captured without a hole and are kept. The view
  /// holds until the framer's next call.
  std::string_view head;
  std::uint64_t length = 0;      ///< as its headers say, without them
  std::uint64_t wire_bytes = 0;  ///< that passed so far, headers and holes included
  std::uint8_t sequence = 0;     ///< of its first packet
  std::uint8_t last_sequence = 0;

  bool whole() const { return head.size() == length; }
};

/// Cuts one direction of a connection into messages. A message within one piece is shown
/// where it lies; of one that is spread over several its first `most_head` bytes are copied.
class MysqlFramer {
 public:
  enum class Skip { kWithin, kEnded, kLost };

  explicit MysqlFramer(std::size_t most_head) : most_head_(most_head) {}

  /// Takes bytes off the front, up to the end of a message: true when it is reached.
  bool take(std::string_view& bytes);
  /// Bytes (more than none) that were not captured. kLost: they go beyond what the header
  /// announces, and nothing has changed.
  Skip skip(std::uint64_t missing);
  /// The next byte begins a message.
  void reset();

  bool at_boundary() const { return ended_ || (!has_header_ && header_size_ == 0); }
  bool has_header() const { return has_header_; }
  /// The packet at hand is continued by another whose header is still to come.
  bool continues() const { return has_header_ && !last_packet_; }
  const MysqlMessage& message() const { return message_; }

 private:
  void begin_packet();
  void keep(std::string_view bytes);
  bool end_packet();

  std::size_t most_head_;
  MysqlMessage message_;
  std::string carried_;
  std::array<char, 4> header_{};
  std::uint8_t header_size_ = 0;
  std::uint32_t remaining_ = 0;  // of the packet
  bool has_header_ = false, last_packet_ = false, hole_ = false, ended_ = false;
};

}  // namespace culprit
