// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "protocol/call.h"

namespace culprit {

/// A request whose answer is not complete.
struct Http1Pending {
  Call call;
  bool head = false;     ///< its answer has no body
  bool connect = false;  ///< a success of it opens a tunnel
  bool polls = false;    ///< by its target, it asks for what may come later
};

/// Unanswered requests, oldest first. Bounded; memory is kept for the next ones.
class Http1Queue {
 public:
  static constexpr std::size_t kMost = 512;

  bool empty() const { return first_ == pending_.size(); }
  bool full() const { return size() >= kMost; }
  std::size_t size() const { return pending_.size() - first_; }
  Http1Pending& front() { return pending_[first_]; }
  const Http1Pending& front() const { return pending_[first_]; }
  Http1Pending& back() { return pending_.back(); }

  Http1Pending& push() {
    if (first_ >= kMost) {  // a pipeline that never runs dry
      pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(first_));
      first_ = 0;
    }
    return pending_.emplace_back();
  }
  void pop() {
    if (++first_ == pending_.size()) clear();
  }
  void clear() {
    pending_.clear();
    first_ = 0;
  }

 private:
  std::vector<Http1Pending> pending_;
  std::size_t first_ = 0;
};

}  // namespace culprit
