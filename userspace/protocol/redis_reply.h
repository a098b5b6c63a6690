// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/cache_readers.h"

namespace culprit {

/// What is kept of a value of RESP2 or RESP3 until the next: its shape.
struct RespValue {
  char type = 0;               ///< its sign on the wire; '$' '+' ':' '*' …
  bool null = false;           ///< `$-1`, `*-1`, `_`
  std::int64_t number = 0;     ///< of ':'; 1 for `#t`
  std::uint64_t size = 0;      ///< bytes of a string, elements of an aggregate, pairs of a map
  std::uint64_t nulls = 0;     ///< of the elements
  std::uint64_t positive = 0;  ///< numbers above 0 among the elements
  std::uint64_t inner = 0;     ///< elements of its elements
  /// How a status, an error, or the first string of an aggregate begins (that is the name of
  /// what happened when it is a message to a subscriber).
  std::array<char, 24> text{};
  std::uint8_t text_size = 0;

  std::string_view head() const { return {text.data(), text_size}; }
  bool error() const { return type == '-' || type == '!'; }
  bool aggregate() const { return type == '*' || type == '%' || type == '~' || type == '>'; }
};

/// Replies of Redis, one direction of a connection. Bytes may end anywhere.
class RespReader final : public CacheReplyReader {
 public:
  RespReader() = default;
  RespReader(const RespReader&) = delete;
  RespReader& operator=(const RespReader&) = delete;

  /// kElement: see element(); kValue, kPush: see value().
  Event next(std::string_view& bytes) override;
  bool skip(std::uint64_t missing) override;
  void reset() override;
  bool fresh() const override { return state_ == State::kType && depth_ == 0 && !attributed_; }
  bool begins(std::string_view bytes) const override;
  bool ends(std::string_view bytes) const override { return bytes.ends_with("\r\n"); }

  /// Amid a value whose type and size are known.
  bool begun() const {
    return value_.type != 0 && (depth_ > 0 || state_ == State::kString || state_ == State::kEnded);
  }
  const RespValue& value() const { return value_; }
  const RespValue& element() const { return element_; }

 private:
  enum class State : std::uint8_t { kType, kLine, kString, kEnded, kBroken };
  struct Frame {
    std::uint64_t left = 0;  ///< elements that have not ended
    char type = 0;
  };

  void take_type(std::string_view& bytes);
  void take_line(std::string_view& bytes);
  void take_string(std::string_view& bytes);
  Event end_value(bool& event);
  State end_line();
  State begin_string(RespValue& value, std::int64_t length);
  State begin_aggregate(RespValue& value, std::int64_t count);
  void note_in_parents(const RespValue& value);
  RespValue& current();

  static constexpr std::size_t kMostDepth = 32;
  std::array<Frame, kMostDepth> frames_{};
  std::size_t depth_ = 0;
  std::size_t attributes_ = 0;  ///< frames that are attributes
  bool attributed_ = false;     ///< the reply has begun with an attribute
  State state_ = State::kType;
  char type_ = 0;       ///< of the value whose line is read
  char line_last_ = 0;  ///< last byte of the line so far
  std::array<char, 32> line_{};
  std::uint64_t line_size_ = 0;
  std::uint64_t string_left_ = 0;   ///< of a string, its line end counted
  RespValue* text_into_ = nullptr;  ///< where the beginning of the string belongs
  RespValue value_, element_, deep_;
};

}  // namespace culprit
