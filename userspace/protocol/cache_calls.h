// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "protocol/call.h"

namespace culprit {

/// A request to a cache whose reply has not ended. Small: thousands may be in flight.
struct CacheRequest {
  QueryId query = 0;
  std::uint64_t start_ns = 0, end_ns = 0;  ///< its first and last byte
  std::uint64_t bytes = 0;
  std::uint64_t token = 0;                    ///< what its reply repeats, as a hash; 0: nothing
  std::uint32_t tid = 0, task = 0, work = 0;  ///< that began it
  std::uint32_t keys = 0;                     ///< it asks for
  std::uint32_t answers = 1;                  ///< still to come
  std::uint16_t flags = 0;                    ///< CallFlag
  std::uint8_t kind = 0, rule = 0;            ///< as the decoder likes
  bool quiet = false;  ///< it is answered only when there is something to tell
};

/// When a reply's bytes came.
struct ReplySpan {
  std::uint64_t arrived_ns = 0, first_read_ns = 0, end_ns = 0;
  std::uint64_t bytes = 0;
  std::uint32_t tid = 0;
};

/// What a request and the times of its reply tell.
Call call_of(const CacheRequest& request, const ReplySpan& span);

/// The unanswered requests of one connection, oldest first, at most 4096 (client libraries
/// pipeline by the thousand). Those that find no room are remembered as a number, so that
/// their replies are not taken for those of others.
class CacheCalls {
 public:
  /// False: there was no room.
  bool add(CacheRequest request);

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  CacheRequest& head() { return at(0); }
  const CacheRequest& head() const { return at(0); }

  /// The oldest that must be answered; nullptr: there is none.
  const CacheRequest* oldest_awaited() const;

  /// A reply came while nothing is listed: true when it is that of one that found no room.
  bool pass_unlisted();

  /// Takes the oldest off; the call lacks only what the reply says.
  Call take(const ReplySpan& span);

  /// Bytes of replies were missed and the peers have taken turns since: all are answered.
  /// The last request, and what was written together with it, ends where the replies ended;
  /// the ends of those before cannot be told, and they are dropped.
  void resync(const ReplySpan& span, std::vector<Call>& done);

  /// The connection has ended.
  void abort(std::uint64_t time_ns, std::vector<Call>& done);

 private:
  CacheRequest& at(std::size_t i) { return ring_[(first_ + i) & (ring_.size() - 1)]; }
  const CacheRequest& at(std::size_t i) const { return ring_[(first_ + i) & (ring_.size() - 1)]; }
  void grow();
  void drop_head();

  std::vector<CacheRequest> ring_;  ///< its size is a power of two
  std::size_t first_ = 0, size_ = 0;
  std::uint64_t unlisted_ = 0;
};

}  // namespace culprit
