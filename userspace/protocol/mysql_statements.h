// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "protocol/call.h"

namespace culprit {

struct MysqlStatement {
  QueryId query = 0;
  bool truncated = false;
};

/// What a connection has prepared. Bounded: a connection that never closes its statements
/// loses the oldest.
class MysqlStatements {
 public:
  void add(std::uint32_t id, MysqlStatement statement) {
    statements_.insert_or_assign(id, statement);
    if (statements_.size() > kMost) statements_.erase(statements_.begin());
  }
  void remove(std::uint32_t id) { statements_.erase(id); }
  void clear() { statements_.clear(); }

  /// Of no text when it is not known.
  MysqlStatement find(std::uint32_t id) const {
    const auto found = statements_.find(id);
    return found == statements_.end() ? MysqlStatement{} : found->second;
  }

 private:
  static constexpr std::size_t kMost = 4096;
  std::map<std::uint32_t, MysqlStatement> statements_;
};

}  // namespace culprit
