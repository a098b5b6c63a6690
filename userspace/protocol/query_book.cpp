// SPDX-License-Identifier: Apache-2.0
#include "protocol/query_book.h"

#include <functional>
#include <utility>

namespace culprit {

// FNV-1a over 64 bits (Fowler, Noll, Vo), finished as in MurmurHash3 so that short texts
// differ in all bits.
QueryId query_id(Protocol protocol, std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  const auto add = [&hash](std::string_view bytes) {
    for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3u;
  };
  add(protocol_name(protocol));
  add(std::string_view("\0", 1));
  add(text);
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdu;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53u;
  hash ^= hash >> 33;
  return hash ? hash : 1;
}

std::size_t QueryBook::KnownHash::operator()(const Known& known) const {
  return std::hash<std::string_view>{}(known.text) + static_cast<std::size_t>(known.protocol);
}

QueryBook::QueryBook(std::size_t most) : most_(most) {}

QueryId QueryBook::intern(Protocol protocol, std::string_view operation, std::string_view text,
                          bool truncated) {
  if (const auto found = known_.find({protocol, text}); found != known_.end()) return found->second;
  QueryId id = query_id(protocol, text);
  if (texts_.size() >= most_) {
    overflowed_++;
    operation = text = "(other)";
    id = query_id(protocol, text);
  }
  const auto [kept, is_new] = texts_.try_emplace(id);
  if (!is_new) return id;
  kept->second = {id, protocol, std::string(operation), std::string(text), truncated};
  known_.emplace(Known{protocol, kept->second.text}, id);
  new_.push_back(id);
  return id;
}

const QueryText* QueryBook::find(QueryId id) const {
  const auto found = texts_.find(id);
  return found == texts_.end() ? nullptr : &found->second;
}

std::vector<QueryText> QueryBook::take_new() {
  std::vector<QueryText> texts;
  for (const QueryId id : std::exchange(new_, {})) texts.push_back(texts_.at(id));
  return texts;
}

}  // namespace culprit
