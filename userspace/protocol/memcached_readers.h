// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/cache_readers.h"
#include "protocol/memcached_binary.h"
#include "protocol/memcached_text.h"

namespace culprit {

/// Requests of Memcached, text and binary.
class MemcachedRequestReader final : public CacheRequestReader {
 public:
  Event next(std::string_view& bytes) override;
  bool skip(std::uint64_t missing) override;
  void reset() override { state_ = State::kStart; }
  bool fresh() const override { return state_ == State::kStart; }
  bool named() const override;
  std::uint64_t known_left() const override { return state_ == State::kData ? left_ : 0; }
  bool begins(std::string_view bytes) const override;

  /// The request that was read last, or what is known of the one that is being read.
  MemcachedRequest request() const;

 private:
  enum class State : std::uint8_t { kStart, kLine, kHeader, kKey, kData, kEnded, kBroken };

  void take_line(std::string_view& bytes);
  void take_binary(std::string_view& bytes);
  void take_data(std::string_view& bytes);
  void keep(std::string_view part);
  void await_data(std::uint64_t length);

  State state_ = State::kStart;
  bool binary_ = false, in_word_ = false, key_cut_ = false;
  std::uint64_t line_size_ = 0, words_ = 0;
  std::uint64_t left_ = 0;  ///< of the data, or of a binary body
  std::size_t wanted_ = 0;  ///< bytes of a binary message up to the end of its key
  std::size_t kept_ = 0;
  MemcachedHeader header_;
  std::array<char, 576> text_{};  ///< beginning of the line or of the binary message
};

/// Replies of Memcached, text and binary. A reply of several lines is one.
class MemcachedReplyReader final : public CacheReplyReader {
 public:
  Event next(std::string_view& bytes) override;
  bool skip(std::uint64_t missing) override;
  void reset() override;
  bool fresh() const override { return state_ == State::kStart && !continued_; }
  bool begins(std::string_view bytes) const override;
  bool ends(std::string_view bytes) const override { return binary_ || bytes.ends_with("\r\n"); }

  /// The line or message that was read last.
  const MemcachedReply& reply() const { return reply_; }
  /// reply() is that of the line or message that is being read.
  bool begun() const { return state_ == State::kData || state_ == State::kEnded; }

 private:
  enum class State : std::uint8_t { kStart, kLine, kHeader, kData, kEnded, kBroken };

  void take_line(std::string_view& bytes);
  void take_header(std::string_view& bytes);
  void take_data(std::string_view& bytes);
  void keep(std::string_view part);

  State state_ = State::kStart;
  bool binary_ = false, continued_ = false;
  std::uint64_t line_size_ = 0, left_ = 0;
  std::size_t kept_ = 0;
  std::array<char, 320> text_{};
  MemcachedReply reply_;
};

}  // namespace culprit
