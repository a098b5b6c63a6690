// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "model/call_processes.h"
#include "model/call_sums.h"
#include "model/query_texts.h"
#include "model/request_table.h"
#include "model/snapshot.h"

namespace culprit {

/// HTTP endpoints of one interval, by process and route.
class EndpointTotals {
 public:
  void note_request(std::uint32_t process, const Call& call, std::uint64_t duration_ns);
  /// Calls that its requests made; those of endpoints without requests have no place.
  void note_calls(std::uint32_t process, const EndpointCalls& calls);
  std::vector<EndpointRow> rows(const CallProcesses& processes, const QueryTexts& texts) const;

 private:
  struct Key {
    std::uint32_t process = 0;
    QueryId endpoint = 0;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const { return hash_numbers(key.process, key.endpoint); }
  };
  struct Endpoint {
    Key key;
    CallSums requests;
    std::array<std::uint64_t, 10> status{};  // by the first digit
    std::uint64_t reply_bytes = 0;
    double calls = 0, sure_calls = 0;
  };
  static EndpointRow row(const Endpoint& endpoint, const QueryText& text,
                         const CallProcesses& processes);

  std::vector<Endpoint> endpoints_;
  std::unordered_map<Key, std::uint32_t, Hash> slots_;
};

}  // namespace culprit
