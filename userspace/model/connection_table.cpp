// SPDX-License-Identifier: Apache-2.0
#include "model/connection_table.h"

#include <sys/socket.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace culprit {
namespace {

/// The two ends of a connection, the same whichever of them tells.
struct Ends {
  std::string_view client, server;
  std::uint32_t client_pid = 0;  // of Unix sockets, whose clients have no address
  bool operator==(const Ends&) const = default;
};

Ends ends_of(const ConnectionReading& reading) {
  const bool is_client = reading.role == SocketRole::kClient;
  if (reading.family == AF_UNIX)
    return {"", is_client ? reading.remote : reading.local,
            is_client ? reading.pid : reading.peer_pid};
  return is_client ? Ends{reading.local, reading.remote} : Ends{reading.remote, reading.local};
}

bool has_both_views(const ConnectionReading& reading) {
  return reading.role != SocketRole::kUnknown &&
         (is_database(reading.protocol) || reading.protocol == Protocol::kHttp1);
}

/// 0: an end is not known.
std::uint64_t hash_ends(const ConnectionReading& reading) {
  if (!has_both_views(reading)) return 0;
  const Ends ends = ends_of(reading);
  if (ends.server.empty() || (ends.client.empty() && !ends.client_pid)) return 0;
  return hash_numbers(TextHash{}(ends.client), TextHash{}(ends.server), ends.client_pid) | 1;
}

}  // namespace

void ConnectionTable::advance(const std::vector<ConnectionReading>& readings,
                              std::uint64_t previous_ns, bool first) {
  tick_++;
  // An opening may be told a tick late; what is older was only not known to us.
  counted_since_ns_ = previous_ns_;
  previous_ns_ = previous_ns;
  for (std::size_t i = 0; i < entries_.size();) {
    if (!entries_[i].open() && entries_[i].ended_in + 1 < tick_)
      remove(i);
    else
      i++;
  }
  for (const ConnectionReading& reading : readings) take(reading, first);
}

void ConnectionTable::take(const ConnectionReading& reading, bool first) {
  const auto found = positions_.find(reading.id);
  const bool is_new = found == positions_.end();
  if (is_new) {
    if (entries_.size() >= most_) make_room();
    positions_[reading.id] = static_cast<std::uint32_t>(entries_.size());
    entries_.emplace_back();
  }
  ConnectionEntry& entry = is_new ? entries_.back() : entries_[found->second];
  if (!entry.open()) return;
  if (is_new)
    entry.opening_for_pool = entry.opening_for_service =
        !first && reading.opened_ns && *reading.opened_ns >= counted_since_ns_;
  forget_ends(entry);
  entry.reading = reading;
  entry.used_in = tick_;
  index_ends(entry);
  if (reading.end == SocketEnd::kOpen) return;
  entry.ended_in = tick_;
  entry.reading.busy_since_ns.reset();
}

void ConnectionTable::index_ends(ConnectionEntry& entry) {
  entry.ends_hash = hash_ends(entry.reading);
  if (entry.ends_hash) ids_by_ends_.emplace(entry.ends_hash, entry.reading.id);
}

void ConnectionTable::forget_ends(const ConnectionEntry& entry) {
  if (!entry.ends_hash) return;
  const auto [begin, end] = ids_by_ends_.equal_range(entry.ends_hash);
  for (auto it = begin; it != end; ++it) {
    if (it->second != entry.reading.id) continue;
    ids_by_ends_.erase(it);
    return;
  }
}

ConnectionEntry* ConnectionTable::note_call(std::uint64_t id) {
  const auto found = positions_.find(id);
  if (found == positions_.end()) return nullptr;
  ConnectionEntry& entry = entries_[found->second];
  entry.used_in = entry.called_in = tick_;
  return &entry;
}

bool ConnectionTable::other_side_calls(const ConnectionEntry& entry) const {
  if (!entry.ends_hash) return false;
  const Ends ends = ends_of(entry.reading);
  const auto [begin, end] = ids_by_ends_.equal_range(entry.ends_hash);
  return std::any_of(begin, end, [&](const auto& pair) {
    const ConnectionEntry& other = entries_[positions_.at(pair.second)];
    return other.called_in && other.reading.role != entry.reading.role &&
           other.reading.protocol == entry.reading.protocol && ends_of(other.reading) == ends;
  });
}

void ConnectionTable::remove(std::size_t position) {
  forget_ends(entries_[position]);
  positions_.erase(entries_[position].reading.id);
  if (position + 1 != entries_.size()) {
    entries_[position] = std::move(entries_.back());
    positions_[entries_[position].reading.id] = static_cast<std::uint32_t>(position);
  }
  entries_.pop_back();
}

/// Drops the eighth that has been unused for longest.
void ConnectionTable::make_room() {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> order;
  order.reserve(entries_.size());
  for (const ConnectionEntry& entry : entries_) order.emplace_back(entry.used_in, entry.reading.id);
  const std::size_t dropped = entries_.size() / 8 + 1;
  std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(dropped) - 1,
                   order.end());
  for (std::size_t i = 0; i < dropped; i++) remove(positions_.at(order[i].second));
}

void ConnectionTable::clear() {
  entries_.clear();
  positions_.clear();
  ids_by_ends_.clear();
}

}  // namespace culprit
