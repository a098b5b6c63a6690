// SPDX-License-Identifier: Apache-2.0
#include "protocol/mysql_queue.h"

namespace culprit {

namespace {

constexpr std::size_t kMostKept = 512;
constexpr std::size_t kMostBeyond = 64 * 1024;

}  // namespace

MysqlQueue::Push MysqlQueue::push(const MysqlPending& pending) {
  if (size_ < kMostKept) {
    keep(pending);
    return Push::kKept;
  }
  if (beyond_.size() >= kMostBeyond) {
    beyond_.erase(0, beyond_first_);
    beyond_first_ = 0;
    if (beyond_.size() >= kMostBeyond) return Push::kFull;
  }
  beyond_.push_back(static_cast<char>(pending.command->code));
  return Push::kUncounted;
}

void MysqlQueue::keep(const MysqlPending& pending) {
  if (size_ == ring_.size()) {
    std::vector<MysqlPending> larger(ring_.empty() ? 2 : 2 * ring_.size());
    for (std::size_t i = 0; i < size_; i++) larger[i] = at(i);
    ring_ = std::move(larger);
    first_ = 0;
  }
  size_++;
  back() = pending;
}

void MysqlQueue::pop() {
  first_ = (first_ + 1) % ring_.size();
  size_--;
  if (beyond_first_ == beyond_.size()) return;
  MysqlPending pending;
  pending.command = find_mysql_command(static_cast<std::uint8_t>(beyond_[beyond_first_++]));
  keep(pending);
  if (beyond_first_ == beyond_.size()) {
    beyond_.clear();
    beyond_first_ = 0;
  }
}

void MysqlQueue::clear() {
  first_ = size_ = 0;
  beyond_.clear();
  beyond_first_ = 0;
}

}  // namespace culprit
