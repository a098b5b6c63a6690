// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace culprit {

/// Splits the bytes of requests, which may end anywhere.
class CacheRequestReader {
 public:
  enum class Event {
    kMore,     ///< all bytes are used up
    kRequest,  ///< a request has ended
    kNothing,  ///< an empty line or array, which is not answered
    kBroken,   ///< not the protocol; reset() goes on
  };

  virtual ~CacheRequestReader() = default;
  /// Takes bytes off the front up to the next event.
  virtual Event next(std::string_view& bytes) = 0;
  /// `missing` bytes were not seen. False: they end beyond what is known of the request.
  virtual bool skip(std::uint64_t missing) = 0;
  virtual void reset() = 0;
  /// Between two requests.
  virtual bool fresh() const = 0;
  /// The name of the request that is being read is known, and its key if it has one.
  virtual bool named() const = 0;
  /// Bytes that are known to be still to come.
  virtual std::uint64_t known_left() const = 0;
  /// Can a request begin so? Also for a beginning of which not all was seen.
  virtual bool begins(std::string_view bytes) const = 0;
};

/// Splits the bytes of replies, which may end anywhere.
class CacheReplyReader {
 public:
  enum class Event {
    kMore,     ///< all bytes are used up
    kElement,  ///< an element of a reply has ended
    kValue,    ///< a reply has ended
    kPush,     ///< a message outside of requests and replies has ended
    kBroken,   ///< not the protocol; reset() goes on
  };

  virtual ~CacheReplyReader() = default;
  virtual Event next(std::string_view& bytes) = 0;
  virtual bool skip(std::uint64_t missing) = 0;
  virtual void reset() = 0;
  /// Between two replies.
  virtual bool fresh() const = 0;
  virtual bool begins(std::string_view bytes) const = 0;
  /// Can a reply of which the middle was missed end so?
  virtual bool ends(std::string_view bytes) const = 0;
};

}  // namespace culprit
