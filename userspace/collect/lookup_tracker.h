// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "bpf/lookup.h"
#include "collect/sample.h"
#include "protocol/dns.h"

namespace culprit {

/// Joins questions to name servers and their answers. A question that is asked again before its
/// answer goes on as the same one: several servers may be asked at once.
class LookupTracker {
 public:
  static constexpr std::uint64_t kPatienceNs = 5'000'000'000;

  /// `record` may hold anything.
  void take(const lookup_record& record);
  /// Those that ended since the last call of this, and those that have waited too long by then.
  std::vector<LookupReading> take_ended(std::uint64_t now_ns);

  /// Questions and streams that found no room.
  std::uint64_t lost() const { return lost_; }

 private:
  using Key = std::pair<std::uint64_t, std::uint16_t>;  // socket, id
  struct Stream {
    DnsStream sent, received;
    std::uint64_t used_ns = 0;
  };

  void take_message(const lookup_record& record, std::string_view bytes);
  void ask(const lookup_record& record, DnsMessage message);
  void answer(const lookup_record& record, const DnsMessage& message);
  void end(const LookupReading& lookup, LookupOutcome outcome, std::uint64_t time_ns);

  std::map<Key, LookupReading> waiting_;
  std::map<std::uint64_t, Stream> streams_;  // by socket
  std::vector<LookupReading> ended_;
  std::uint64_t lost_ = 0;
};

}  // namespace culprit
