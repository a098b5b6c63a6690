// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "protocol/call.h"
#include "protocol/mysql_command.h"

namespace culprit {

/// A command that waits for its answer, or for the rest of it.
struct MysqlPending {
  Call call;
  const MysqlCommand* command = nullptr;
  std::int16_t reply_sequence = 1;  ///< of the first packet of the answer; -1: not known
  bool counts = false;              ///< it becomes a call
  bool closed = false;              ///< it became one by turn-taking; its end may yet be seen
  bool names_database = false;
};

/// Commands in the order in which they will be answered. The oldest are kept whole; of those
/// that find no room only the kind is kept, so that their answers can be told apart.
class MysqlQueue {
 public:
  enum class Push { kKept, kUncounted, kFull };

  Push push(const MysqlPending& pending);
  void pop();
  void clear();

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  MysqlPending& at(std::size_t i) { return ring_[(first_ + i) % ring_.size()]; }
  const MysqlPending& at(std::size_t i) const { return ring_[(first_ + i) % ring_.size()]; }
  MysqlPending& front() { return at(0); }
  const MysqlPending& front() const { return at(0); }
  MysqlPending& back() { return at(size_ - 1); }

 private:
  void keep(const MysqlPending& pending);

  std::vector<MysqlPending> ring_;
  std::size_t first_ = 0, size_ = 0;
  std::string beyond_;  // codes of commands; those before beyond_first_ are done with
  std::size_t beyond_first_ = 0;
};

}  // namespace culprit
