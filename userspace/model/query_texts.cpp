// SPDX-License-Identifier: Apache-2.0
#include "model/query_texts.h"

namespace culprit {

void QueryTexts::learn(const std::vector<QueryText>& texts) {
  for (const QueryText& text : texts)
    if (texts_.size() < most_) texts_.try_emplace(text.id, text);
}

const QueryText* QueryTexts::find(QueryId id) const {
  const auto found = texts_.find(id);
  return found == texts_.end() ? nullptr : &found->second;
}

}  // namespace culprit
