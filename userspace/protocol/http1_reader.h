// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace culprit {

/// What is looked at of a message's header fields.
struct Http1Head {
  std::optional<std::uint64_t> length;  ///< Content-Length
  bool chunked = false;                 ///< the last transfer coding
  bool coded = false;                   ///< has another last transfer coding
  bool event_stream = false;            ///< Content-Type: text/event-stream
  bool malformed = false;               ///< its length cannot be told
};

enum class Http1Step {
  kMore,        ///< the bytes are used up
  kStartLine,   ///< line() is there
  kHeadEnd,     ///< head() is there, and a body must be chosen
  kMessageEnd,  ///< a new message may begin
  kBroken,      ///< no HTTP; the place is lost
};

/// One direction of a connection to messages: lines of the head, and bodies skipped. Keeps
/// at most the beginning of a line that is not complete, and that no longer than needed.
class Http1Reader {
 public:
  /// Else the place is lost until restart().
  explicit Http1Reader(bool at_start) : place_(at_start ? Place::kStartLine : Place::kLost) {}

  /// Consumes bytes up to the next event. To be called again until it says kMore: a message
  /// may end without a further byte.
  Http1Step next(std::string_view& bytes);

  /// So many bytes are missing. How many of them lie beyond what is known of the message:
  /// unless 0, the place is lost, which is for the caller to say once next() told the rest.
  std::uint64_t skip(std::uint64_t missing);

  /// The start line, or as much of it as came; until the next call of next().
  std::string_view line() const { return line_.empty() ? std::string_view(carried_) : line_; }
  /// The line is longer than what is kept.
  bool line_cut() const { return cut_; }
  const Http1Head& head() const { return head_; }

  // At kHeadEnd, one of these.
  void body_of(std::uint64_t length);
  void body_in_chunks() { place_ = Place::kChunkSize; }
  void body_until_close() { place_ = Place::kUntilClose; }

  /// Awaits the start of a message.
  void restart();
  void lose();

  bool between() const { return in_start_line() && carried_.empty(); }
  bool in_start_line() const { return place_ == Place::kStartLine; }
  bool in_body() const { return place_ == Place::kBody || place_ == Place::kChunkSize; }
  bool until_close() const { return place_ == Place::kUntilClose; }
  bool lost() const { return place_ == Place::kLost; }

 private:
  enum class Place : std::uint8_t {
    kStartLine,
    kFields,
    kBody,
    kChunkSize,
    kChunk,
    kTrailers,
    kUntilClose,
    kLost,
  };

  std::optional<std::string_view> take_line(std::string_view& bytes);
  void take(std::string_view& bytes);
  Http1Step message_end();
  bool begin_chunk(std::string_view line);
  void field(std::string_view line);

  std::string carried_;     ///< of a line that is not complete
  std::string_view line_;   ///< of the piece, while the caller handles kStartLine
  std::uint64_t left_ = 0;  ///< of the body, or of a chunk and the line end behind it
  Http1Head head_;
  Place place_;
  bool cut_ = false;
  bool used_ = false;  ///< carried_ is a complete line that was given away
};

}  // namespace culprit
