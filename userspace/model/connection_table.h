// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "collect/call_reading.h"
#include "model/key_hash.h"
#include "model/transaction_track.h"

namespace culprit {

/// Where the calls of a connection are summed in the present interval.
struct ConnectionSlots {
  std::uint32_t process = kNoSlot, database = kNoSlot, name = kNoSlot, pool = kNoSlot,
                service = kNoSlot;
  bool other_side_calls = false;  ///< its other end, on this host, tells of its calls as well
};

/// A connection across ticks.
struct ConnectionEntry {
  ConnectionReading reading;
  std::uint64_t used_in = 0;    ///< tick in which it was last listed or had a call
  std::uint64_t called_in = 0;  ///< tick of its latest call; 0: it has had none
  std::uint64_t ended_in = 0;   ///< tick that told of its end; 0: it is open
  /// Its opening was seen and is not counted yet: what it speaks may show a tick later.
  bool opening_for_pool = false, opening_for_service = false;
  bool last_call_waits = false;     ///< it is used for what waits (BLPOP, LISTEN)
  std::uint64_t busy_until_ns = 0;  ///< calls up to then are counted as busy
  std::uint64_t ends_hash = 0;      ///< of its two ends; 0: they are not known
  std::uint32_t server_pid = 0;     ///< that answered calls of it on this host; 0: not known
  TransactionTrack transaction;
  ConnectionSlots slots;

  bool open() const { return ended_in == 0; }
};

/// All connections, kept up from Samples. An ended one can be found for one more tick.
class ConnectionTable {
 public:
  explicit ConnectionTable(std::size_t most = 131072) : most_(most) {}

  /// Opens a tick. `first` marks the baseline: openings of what is listed are not counted.
  void advance(const std::vector<ConnectionReading>& readings, std::uint64_t previous_ns,
               bool first);
  /// The connection of a call, which is noted; nullptr: not known. The pointer holds until
  /// the next tick.
  ConnectionEntry* note_call(std::uint64_t id);
  /// True when the other end is on this host, speaks the same, and has had calls.
  bool other_side_calls(const ConnectionEntry& entry) const;

  std::vector<ConnectionEntry>& entries() { return entries_; }
  std::uint64_t tick() const { return tick_; }
  void clear();

 private:
  void take(const ConnectionReading& reading, bool first);
  void index_ends(ConnectionEntry& entry);
  void forget_ends(const ConnectionEntry& entry);
  void remove(std::size_t position);
  void make_room();

  std::vector<ConnectionEntry> entries_;
  std::unordered_map<std::uint64_t, std::uint32_t> positions_;         // by id
  std::unordered_multimap<std::uint64_t, std::uint64_t> ids_by_ends_;  // ends_hash → id
  std::size_t most_;
  std::uint64_t tick_ = 0, previous_ns_ = 0, counted_since_ns_ = 0;
};

}  // namespace culprit
