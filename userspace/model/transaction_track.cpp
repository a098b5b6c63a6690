// SPDX-License-Identifier: Apache-2.0
#include "model/transaction_track.h"

#include <algorithm>

#include "model/counter.h"

namespace culprit {

void TransactionTrack::note(const Call& call, TransactionSums& ended) {
  const bool within =
      call.transaction == Transaction::kOpen || call.transaction == Transaction::kFailed;
  if (call.transaction != Transaction::kUnknown) tells_ = true;
  if (!open_) {
    if (!within) return;
    open_ = true;
    start_ns_ = call.start_ns;
    used_ns_ = call.end_ns;
    idle_ns_ = 0;
    statements_ = 1;
    return;
  }
  statements_++;
  idle_ns_ += increase(used_ns_, call.start_ns);
  used_ns_ = std::max(used_ns_, call.end_ns);
  if (call.transaction == Transaction::kNone) finish(call.end_ns, ended);
}

void TransactionTrack::close(std::uint64_t ended_ns, TransactionSums& ended) {
  if (!open_) return;
  idle_ns_ += increase(used_ns_, ended_ns);
  finish(std::max(ended_ns, used_ns_), ended);
}

void TransactionTrack::finish(std::uint64_t end_ns, TransactionSums& ended) {
  const std::uint64_t duration_ns = increase(start_ns_, end_ns);
  ended.count++;
  ended.statements += statements_;
  ended.total_ns += duration_ns;
  ended.longest_ns = std::max(ended.longest_ns, duration_ns);
  ended.idle_ns += idle_ns_;
  open_ = false;
}

}  // namespace culprit
