// SPDX-License-Identifier: Apache-2.0
#include "protocol/statement_book.h"

namespace culprit {

void StatementBook::learn(std::uint64_t application, std::string_view name, QueryId query) {
  std::pair key(application, std::string(name));
  const auto found = statements_.find(key);
  if (found != statements_.end()) {
    if (found->second != query) found->second = 0;
  } else if (statements_.size() < most_) {
    statements_.emplace(std::move(key), query);
  }
}

QueryId StatementBook::look_up(std::uint64_t application, std::string_view name) const {
  const auto found = statements_.find(std::pair(application, std::string(name)));
  return found == statements_.end() ? 0 : found->second;
}

}  // namespace culprit
