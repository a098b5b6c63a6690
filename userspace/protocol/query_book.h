// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocol/call.h"
#include "protocol/protocol.h"

namespace culprit {

/// A normalised text: free of literals, so that it may be stored and shown.
struct QueryText {
  QueryId id = 0;
  Protocol protocol = Protocol::kUnknown;
  std::string operation;   ///< SELECT, GET, … ; the method of HTTP
  std::string text;        ///< normalised text, command pattern (`GET user:?`), or route
  bool truncated = false;  ///< cut where the capture ended
  bool operator==(const QueryText&) const = default;
};

/// Every text seen, once. Bounded: when it is full, further texts share one entry a
/// protocol whose text is "(other)".
class QueryBook {
 public:
  explicit QueryBook(std::size_t most = 20000);
  QueryBook(const QueryBook&) = delete;
  QueryBook& operator=(const QueryBook&) = delete;

  /// Id of a text, which is remembered when it is new. `operation` and `text` must already
  /// be free of literals.
  QueryId intern(Protocol protocol, std::string_view operation, std::string_view text,
                 bool truncated = false);

  /// nullptr for ids that intern() did not give.
  const QueryText* find(QueryId id) const;

  /// Texts that came since the last call, each once in the book's life.
  std::vector<QueryText> take_new();

  /// Texts that found no room.
  std::uint64_t overflowed() const { return overflowed_; }
  std::size_t size() const { return texts_.size(); }

 private:
  /// A text that is there, as it lies in `texts_`.
  struct Known {
    Protocol protocol;
    std::string_view text;
    bool operator==(const Known&) const = default;
  };
  struct KnownHash {
    std::size_t operator()(const Known& known) const;
  };

  std::unordered_map<QueryId, QueryText> texts_;
  /// Ids last for ever and are made byte by byte; this finds them faster.
  std::unordered_map<Known, QueryId, KnownHash> known_;
  std::vector<QueryId> new_;
  std::size_t most_;
  std::uint64_t overflowed_ = 0;
};

/// Stable id: a 64-bit hash of protocol name and text, never 0.
QueryId query_id(Protocol protocol, std::string_view text);

}  // namespace culprit
