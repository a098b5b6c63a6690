// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "protocol/call.h"

namespace culprit {

/// What the server still has to answer.
struct PostgresqlPending {
  enum class Kind : std::uint8_t {
    kQuery,       ///< a call that ReadyForQuery ends
    kExecute,     ///< a call that its own completion ends, or ReadyForQuery when `synced`
    kSync,        ///< no call: a Sync that ends no unanswered Execute
    kOverflowed,  ///< what found no room; `syncs` ReadyForQuery end it
  };

  Call call;
  std::uint64_t request_begin = 0, reply_begin = 0;  ///< places in the directions' bytes
  std::uint64_t data_rows = 0;
  std::uint32_t syncs = 0;
  Kind kind = Kind::kQuery;
  bool synced = false;     ///< of an Execute: Sync follows it directly; of kOverflowed: is its last
  bool copies_in = false;  ///< the server has asked for the data of COPY FROM STDIN
  bool replied = false;    ///< its reply has begun
  bool answered = false;   ///< its completion came
  bool failed = false;     ///< an error came instead

  bool is_call() const { return kind == Kind::kQuery || kind == Kind::kExecute; }
  bool ends_when_ready() const {
    return kind == Kind::kOverflowed ? syncs > 0 : kind != Kind::kExecute || synced;
  }
};

/// First in, first out, in a ring that grows by doubling and is never given back: after the
/// first few calls of a connection nothing is allocated.
class PostgresqlQueue {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  PostgresqlPending& operator[](std::size_t i) { return ring_[index(i)]; }
  const PostgresqlPending& operator[](std::size_t i) const { return ring_[index(i)]; }
  PostgresqlPending& front() { return ring_[first_]; }
  PostgresqlPending& back() { return ring_[index(size_ - 1)]; }

  PostgresqlPending& push() {
    if (size_ == ring_.size()) grow();
    size_++;
    back() = {};
    return back();
  }

  void pop() {
    first_ = index(1);
    size_--;
  }

 private:
  std::size_t index(std::size_t i) const { return (first_ + i) & (ring_.size() - 1); }

  void grow() {
    std::vector<PostgresqlPending> larger(ring_.empty() ? 2 : ring_.size() * 2);
    for (std::size_t i = 0; i < size_; i++) larger[i] = ring_[index(i)];
    ring_.swap(larger);
    first_ = 0;
  }

  std::vector<PostgresqlPending> ring_;
  std::size_t first_ = 0, size_ = 0;
};

}  // namespace culprit
