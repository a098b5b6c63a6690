// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "protocol/call.h"

namespace culprit {

/// Sums over transactions that ended.
struct TransactionSums {
  std::uint64_t count = 0, statements = 0;
  std::uint64_t total_ns = 0, longest_ns = 0, idle_ns = 0;
};

/// The transactions of one connection: one begins with the call after which the connection
/// is in a transaction, and ends with the call after which it is in none.
class TransactionTrack {
 public:
  /// The connection's next call. What it ends is added to `ended`.
  void note(const Call& call, TransactionSums& ended);
  /// The connection has ended, and what was open with it.
  void close(std::uint64_t ended_ns, TransactionSums& ended);

  /// The protocol tells of transactions.
  bool tells() const { return tells_; }
  bool open() const { return open_; }
  std::uint64_t start_ns() const { return start_ns_; }
  /// End of the latest call within the transaction.
  std::uint64_t used_ns() const { return used_ns_; }

 private:
  void finish(std::uint64_t end_ns, TransactionSums& ended);

  bool tells_ = false, open_ = false;
  std::uint64_t start_ns_ = 0, used_ns_ = 0, idle_ns_ = 0, statements_ = 0;
};

}  // namespace culprit
