// SPDX-License-Identifier: Apache-2.0
#include "protocol/cache_calls.h"

#include <algorithm>

namespace culprit {
namespace {

constexpr std::size_t kMost = 4096, kFewest = 4;
// A connection that pipelined once keeps no more than this.
constexpr std::size_t kMostKept = 64;

}  // namespace

Call call_of(const CacheRequest& request, const ReplySpan& span) {
  Call call;
  call.query = request.query;
  call.start_ns = request.start_ns;
  call.request_end_ns = request.end_ns;
  call.arrived_ns = span.arrived_ns;
  call.first_read_ns = span.first_read_ns;
  call.end_ns = span.end_ns;
  call.request_bytes = request.bytes;
  call.reply_bytes = span.bytes;
  call.tid = request.tid;
  call.reply_tid = span.tid;
  call.task = request.task;
  call.work = request.work;
  call.flags = request.flags;
  return call;
}

bool CacheCalls::add(CacheRequest request) {
  if (size_ >= kMost || unlisted_ > 0) {
    unlisted_++;
    return false;
  }
  if (size_ == ring_.size()) grow();
  if (size_ > 0) request.flags |= kCallPipelined;
  size_++;
  at(size_ - 1) = request;
  return true;
}

const CacheRequest* CacheCalls::oldest_awaited() const {
  for (std::size_t i = 0; i < size_; i++) {
    if (!at(i).quiet) return &at(i);
  }
  return nullptr;
}

bool CacheCalls::pass_unlisted() {
  if (unlisted_ == 0) return false;
  unlisted_--;
  return true;
}

Call CacheCalls::take(const ReplySpan& span) {
  const Call call = call_of(head(), span);
  drop_head();
  return call;
}

void CacheCalls::resync(const ReplySpan& span, std::vector<Call>& done) {
  unlisted_ = 0;
  if (size_ == 0) return;
  const std::uint64_t last_ns = at(size_ - 1).end_ns;
  while (size_ > 0) {
    if (head().end_ns == last_ns) {
      done.push_back(take(span));
      done.back().flags |= kCallResynced;
    } else {
      drop_head();
    }
  }
}

void CacheCalls::abort(std::uint64_t time_ns, std::vector<Call>& done) {
  ReplySpan span;
  span.end_ns = time_ns;
  while (size_ > 0) {
    done.push_back(take(span));
    done.back().outcome = Outcome::kAborted;
  }
  unlisted_ = 0;
}

void CacheCalls::grow() {
  std::vector<CacheRequest> larger(std::max(kFewest, ring_.size() * 2));
  for (std::size_t i = 0; i < size_; i++) larger[i] = at(i);
  ring_ = std::move(larger);
  first_ = 0;
}

void CacheCalls::drop_head() {
  first_ = (first_ + 1) & (ring_.size() - 1);
  size_--;
  if (size_ == 0 && ring_.size() > kMostKept) {
    ring_ = std::vector<CacheRequest>();
    first_ = 0;
  }
}

}  // namespace culprit
