// SPDX-License-Identifier: Apache-2.0
#include "protocol/postgresql_queue.h"

#include <utility>

namespace culprit {

PostgresqlPending* PostgresqlQueue::push(PostgresqlPending::Kind kind) {
  if (size_ < kMostKept) {
    PostgresqlPending& entry = keep(kind);
    entry.counts = kind != PostgresqlPending::kSync;
    calls_ += entry.counts;
    return &entry;
  }
  if (beyond_first_ >= kMostBeyond) {
    beyond_.erase(0, beyond_first_);
    beyond_first_ = 0;
  }
  beyond_.push_back(static_cast<char>(kind));
  return nullptr;
}

PostgresqlPending& PostgresqlQueue::keep(PostgresqlPending::Kind kind) {
  if (size_ == ring_.size()) {
    std::vector<PostgresqlPending> larger(ring_.empty() ? 4 : 2 * ring_.size());
    for (std::size_t i = 0; i < size_; i++) larger[i] = at(i);
    ring_ = std::move(larger);
    first_ = 0;
  }
  PostgresqlPending& entry = at(size_++);
  entry = PostgresqlPending{};
  entry.kind = kind;
  return entry;
}

void PostgresqlQueue::pop() {
  calls_ -= front().counts;
  first_ = (first_ + 1) & (ring_.size() - 1);
  size_--;
  if (beyond_first_ == beyond_.size()) return;
  keep(static_cast<PostgresqlPending::Kind>(beyond_[beyond_first_++]));
  if (beyond_first_ < beyond_.size()) return;
  beyond_.clear();
  beyond_first_ = 0;
}

void PostgresqlQueue::drop_second_sync() {
  std::swap(at(0), at(1));
  pop();
}

void PostgresqlQueue::clear() {
  first_ = size_ = calls_ = 0;
  beyond_.clear();
  beyond_first_ = 0;
}

std::size_t PostgresqlQueue::calls() const {
  return calls_ - (size_ > 0 && front().answered && front().counts ? 1 : 0);
}

PostgresqlPending* PostgresqlQueue::back() {
  if (size_ == 0 || beyond_first_ < beyond_.size()) return nullptr;
  return &at(size_ - 1);
}

}  // namespace culprit
