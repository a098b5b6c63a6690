// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace culprit {

/// Id of a normalised text: query, command pattern or route. A hash, the same on every host
/// and after every restart; 0 is "the text is not known".
using QueryId = std::uint64_t;

constexpr std::uint64_t kUnknownCount = ~std::uint64_t{0};

/// Consecutive bytes of one direction of a connection, seen in one system call (or in one
/// call of a TLS library). Never trust a length in `bytes`; never keep the view.
struct Piece {
  std::string_view bytes;
  /// Bytes of this direction between the previous piece and this one that were not captured
  /// (long values, the middle of a large result, losses). A decoder skips them when they lie
  /// within a message whose length it knows, and finds its place again where it can.
  std::uint64_t missing_before = 0;
  std::uint64_t time_ns = 0;     ///< when the process wrote or read it, CLOCK_MONOTONIC
  std::uint64_t arrived_ns = 0;  ///< when it reached the socket that read it; 0: not known
  std::uint32_t tid = 0;         ///< the thread that wrote or read it
  std::uint32_t task = 0;        ///< of what is sent: TaskName::task of the sender; 0: not known
  std::uint32_t work = 0;        ///< of what is sent: see Call::work
};

enum class Outcome : std::uint8_t {
  kOk,
  kError,    ///< the server answered with an error
  kAborted,  ///< the connection ended, or the request was skipped, before its answer
};

/// State of the connection's transaction after a call, where the protocol tells.
enum class Transaction : std::uint8_t { kUnknown, kNone, kOpen, kFailed };

/// Bits of Call::flags.
enum CallFlag : std::uint16_t {
  kCallWaits = 1 << 0,       ///< waiting is its purpose (BLPOP, LISTEN, long poll, SSE): not slow
  kCallTimingOnly = 1 << 1,  ///< closed by turn-taking; neither text nor outcome was seen
  kCallPrepared = 1 << 2,    ///< execution of a prepared statement
  kCallTextUnseen = 1 << 3,  ///< prepared before culprit started, and nobody prepares the same
  kCallTruncated = 1 << 4,   ///< the text was longer than what is captured
  kCallPipelined = 1 << 5,   ///< other requests of the connection were unanswered when it began
  kCallResynced = 1 << 6,    ///< bytes were missing amid it: its end was found again, not followed
};

/// One request and its reply, as a decoder found it. For HTTP, one request that was answered.
struct Call {
  QueryId query = 0;
  std::uint64_t start_ns = 0;        ///< first byte of the request
  std::uint64_t request_end_ns = 0;  ///< last byte of the request
  std::uint64_t arrived_ns = 0;      ///< first byte of the reply reached the socket; 0 unknown
  std::uint64_t first_read_ns = 0;   ///< first byte of the reply was read (a server: written)
  std::uint64_t end_ns = 0;          ///< last byte of the reply
  std::uint64_t request_bytes = 0, reply_bytes = 0;
  std::uint64_t rows = kUnknownCount;  ///< returned or changed, as the server tells
  std::uint32_t tid = 0;               ///< that began the request
  std::uint32_t reply_tid = 0;         ///< that saw the end of the reply
  std::uint32_t task = 0;              ///< that sent the request (a server: the reply)
  /// The running piece of work that did so, an asyncio task with those it started: what a
  /// request's calls have in common with its reply. 0: not known.
  std::uint32_t work = 0;
  std::uint32_t cache_hits = 0, cache_misses = 0;
  std::uint16_t status = 0;  ///< of HTTP; 0 elsewhere
  std::uint16_t flags = 0;   ///< CallFlag
  Outcome outcome = Outcome::kOk;
  Transaction transaction = Transaction::kUnknown;
  /// SQLSTATE ("23505"), MySQL's number ("1062"), first word of a Redis error ("MOVED"); NUL
  /// padded, empty when there was no error.
  std::array<char, 14> error{};
  /// What was asked, literals included, as a number that tells only whether two requests of one
  /// run of culprit are the same (request_hash.h). 0: not known.
  std::uint32_t arguments = 0;
};

}  // namespace culprit
