// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/cache_readers.h"
#include "protocol/redis_commands.h"

namespace culprit {

/// Requests of Redis (arrays of strings, and inline commands), one direction of a connection.
/// Bytes may end anywhere. Of the arguments only those are kept that the command's text needs,
/// and only until the next request.
class RedisRequestReader final : public CacheRequestReader {
 public:
  Event next(std::string_view& bytes) override;
  bool skip(std::uint64_t missing) override;
  void reset() override;
  bool fresh() const override { return state_ == State::kStart; }
  bool named() const override { return named_; }
  std::uint64_t known_left() const override { return string_left_; }
  bool begins(std::string_view bytes) const override;

  /// nullptr: not one we know.
  const RedisCommand* command() const { return command_; }
  /// Upper case; "?" for what cannot be the name of a command.
  std::string_view name() const { return argument(0); }
  /// Arguments that the client announced, the name counted.
  std::uint64_t count() const { return count_; }
  /// Kept of them so far.
  std::size_t kept() const { return kept_; }
  std::string_view argument(std::size_t i) const { return {text_.data() + begin_[i], size_[i]}; }
  /// The end of the argument was not kept.
  bool cut(std::size_t i) const { return cut_[i]; }

 private:
  enum class State : std::uint8_t { kStart, kHeader, kLength, kString, kInline, kEnded, kBroken };

  void start(char first);
  void take_line(std::string_view& bytes);
  void take_string(std::string_view& bytes);
  State end_header(std::string_view line);
  State end_length(std::string_view line);
  State end_inline(std::string_view line);
  State end_argument();
  void begin_argument();
  void keep(std::string_view part);
  void end_name();

  static constexpr std::size_t kLongestKept = 256;
  State state_ = State::kStart;
  bool named_ = false, keeping_ = false, nothing_ = false;
  const RedisCommand* command_ = nullptr;
  std::uint64_t count_ = 0, read_ = 0;
  std::uint64_t string_left_ = 0;  ///< of an argument, its line end counted
  std::uint64_t line_size_ = 0;
  std::array<char, 512> line_{};  ///< beginning of a header or an inline command
  std::size_t kept_ = 0, wanted_ = 1, text_size_ = 0;
  std::array<char, 1024> text_{};
  std::array<std::uint16_t, kMostRedisArguments> begin_{}, size_{};
  std::array<bool, kMostRedisArguments> cut_{};
};

}  // namespace culprit
