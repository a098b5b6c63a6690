// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "protocol/call.h"

namespace culprit {

/// What the server is yet to answer. Parse, Bind, Describe and Close have no entry: their
/// answers count to the Execute that follows.
struct PostgresqlPending {
  enum Kind : std::uint8_t { kQuery, kExecute, kSync };

  Kind kind = kQuery;
  bool counts = false;      ///< it becomes a call
  bool answered = false;    ///< an Execute whose end waits for the Sync behind it
  bool after_copy = false;  ///< a Sync that was sent behind the end of COPY's data
  std::uint64_t data_rows = 0;
  Call call;
};

/// What is unanswered, in order. The oldest entries are kept whole; of those that find no
/// room only the kind is kept, so that their answers can be told apart.
class PostgresqlQueue {
 public:
  static constexpr std::size_t kMostKept = 1024;
  static constexpr std::size_t kMostBeyond = 64 * 1024;

  /// The new entry, nullptr when only its kind was kept. Not when full().
  PostgresqlPending* push(PostgresqlPending::Kind kind);
  void pop();
  /// Takes out the entry behind the front, which is a Sync.
  void drop_second_sync();
  void clear();

  bool full() const { return beyond_.size() - beyond_first_ >= kMostBeyond; }
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  /// Unanswered calls among the entries that are kept.
  std::size_t calls() const;
  PostgresqlPending& at(std::size_t i) { return ring_[(first_ + i) & (ring_.size() - 1)]; }
  const PostgresqlPending& at(std::size_t i) const {
    return ring_[(first_ + i) & (ring_.size() - 1)];
  }
  PostgresqlPending& front() { return at(0); }
  const PostgresqlPending& front() const { return at(0); }
  /// The newest; nullptr when there is none, or only its kind was kept.
  PostgresqlPending* back();

 private:
  PostgresqlPending& keep(PostgresqlPending::Kind kind);

  std::vector<PostgresqlPending> ring_;  // of a power of two
  std::size_t first_ = 0, size_ = 0, calls_ = 0;
  std::string beyond_;  // kinds; those before beyond_first_ are done with
  std::size_t beyond_first_ = 0;
};

}  // namespace culprit
