// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unordered_map>
#include <vector>

#include "protocol/query_book.h"

namespace culprit {

/// Texts that Samples bring once. Bounded above what a QueryBook gives out; when it is full,
/// further ids stay without a text.
class QueryTexts {
 public:
  explicit QueryTexts(std::size_t most = 32768) : most_(most) {}

  void learn(const std::vector<QueryText>& texts);
  /// nullptr: not known.
  const QueryText* find(QueryId id) const;

 private:
  std::unordered_map<QueryId, QueryText> texts_;
  std::size_t most_;
};

}  // namespace culprit
