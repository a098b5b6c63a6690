// SPDX-License-Identifier: Apache-2.0
#include "protocol/sql_lists.h"

namespace culprit {

void SqlLists::close() {
  const bool literals = top().list && top().literals, row = top().row;
  if (depth_ > 0) depth_--;
  if (top().element == SqlElement::kEmpty)
    part(literals ? SqlElement::kLiteral : SqlElement::kOther);
  top().after_rows = row;
}

void SqlLists::comma(std::size_t at) {
  top().element = SqlElement::kEmpty;
  top().comma = static_cast<std::uint16_t>(at);
  top().begin = static_cast<std::uint16_t>(at + 2);  // behind the comma and a space
}

void SqlLists::close_all() {
  depth_ = 0;
  frames_[0] = {};
}

std::size_t SqlLists::finish_element(std::string_view text) {
  SqlFrame& list = top();
  if (!list.list) return text.size();
  if (list.element != SqlElement::kLiteral) {
    list.literals = list.has_before = false;
    return text.size();
  }
  const std::string_view before = text.substr(list.before, list.before_end - list.before);
  if (list.has_before && text.substr(list.begin) == before) return list.comma;
  list.has_before = true;
  list.before = list.begin;
  list.before_end = static_cast<std::uint16_t>(text.size());
  return text.size();
}

}  // namespace culprit
