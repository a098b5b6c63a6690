// SPDX-License-Identifier: Apache-2.0
#include "collect/call_tracker.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <unordered_set>
#include <utility>

#include "collect/server_half.h"
#include "collect/socket_address.h"
#include "protocol/recognise.h"
#include "protocol/turn_taking.h"

namespace culprit {
namespace {

constexpr std::size_t kMostConnections = 131072;
constexpr std::size_t kMostCalls = 400'000;  // in one interval
constexpr std::size_t kMostAddresses = 4096;
constexpr std::size_t kMostUnpaired = 128;      // calls of a connection that wait for their half
constexpr std::size_t kMostTlsProcesses = 256;  // between two looks at them
constexpr std::uint8_t kMostPlainLooks = 12;

bool is_request(const segment& segment, SocketRole role) {
  return ((segment.flags & SEGMENT_SENT) != 0) == (role == SocketRole::kClient);
}

const std::string& server_address(const ConnectionReading& reading) {
  return reading.role == SocketRole::kServer || reading.remote.empty() ? reading.local
                                                                       : reading.remote;
}

/// Connections of one process to one server, or all that come to one server.
std::uint64_t application_of(const ConnectionReading& reading) {
  const std::uint64_t address = std::hash<std::string>()(server_address(reading));
  return reading.role == SocketRole::kClient ? address ^ (std::uint64_t{reading.pid} << 32)
                                             : address;
}

}  // namespace

void CallTracker::decode(const void* data, std::size_t size) {
  const char* bytes = static_cast<const char*>(data);
  received_++;
  record_header header{};
  if (size >= sizeof(header)) std::memcpy(&header, bytes, sizeof(header));
  if (header.kind == RECORD_CONNECTION && size >= sizeof(connection_record)) {
    connection_record record{};
    std::memcpy(&record, bytes, sizeof(record));
    return take_connection(record);
  }
  if (header.kind == RECORD_EXCHANGE && size >= sizeof(exchange_record)) {
    exchange_record record{};
    std::memcpy(&record, bytes, sizeof(record));
    if (!is_in_order(record.server)) record.server.pid = 0;
    if (record.bytes <= size - sizeof(record))
      return take_exchange(record, bytes + sizeof(record), record.bytes);
  }
  malformed_++;
}

CallTracker::Entry* CallTracker::make_entry(std::uint64_t id) {
  const auto found = entries_.find(id);
  if (found != entries_.end()) return &found->second;
  if (entries_.size() >= kMostConnections) {
    lost_connections_++;
    return nullptr;
  }
  Entry& entry = entries_[id];
  entry.reading.id = id;
  return &entry;
}

/// The other end tells all of it.
void CallTracker::drop(std::uint64_t id, std::uint64_t time_ns) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  found->second.decoder.reset();
  if (found->second.told)
    end(found->second, SocketEnd::kClosed, time_ns);
  else
    entries_.erase(found);
}

void CallTracker::take_connection(const connection_record& record) {
  if (record.header.flags & CONNECTION_PAIRED) return drop(record.id, record.header.time_ns);
  Entry* entry = make_entry(record.id);
  if (!entry) return;
  ConnectionReading& reading = entry->reading;
  entry->changed = true;
  entry->announced_ns = record.header.time_ns;
  entry->from_start = (record.header.flags & CONNECTION_FROM_START) != 0;
  reading.pid = record.pid;
  reading.process_start_time_ns = record.process_start_time_ns;
  if (entry->layer == Entry::Layer::kSocket) {
    reading.protocol = record.protocol <= PROTOCOL_TLS ? static_cast<Protocol>(record.protocol)
                                                       : Protocol::kUnknown;
    if (reading.protocol == Protocol::kTls) begin_tls(*entry);
  }
  reading.role =
      record.role <= ROLE_SERVER ? static_cast<SocketRole>(record.role) : SocketRole::kUnknown;
  reading.family = record.family;
  name_ends(record, reading.local, reading.remote);
  if (record.opened_ns) reading.opened_ns = record.opened_ns;
  if (record.connect_ns) reading.connect_ns = record.connect_ns;
  reading.peer_pid = record.peer_pid;
  give_protocol(*entry);
  if (!(record.header.flags & CONNECTION_ENDED)) {
    began_watching_ |= record.protocol != PROTOCOL_UNKNOWN && !is_within_host(record);
    return;
  }
  if (record.header.flags & CONNECTION_FAILED) reading.connect_error = record.error;
  end(*entry,
      record.header.flags & CONNECTION_FAILED ? SocketEnd::kConnectFailed
      : record.error                          ? SocketEnd::kReset
                                              : SocketEnd::kClosed,
      record.header.time_ns);
}

/// One that was idle when culprit came speaks what others to the same server do.
void CallTracker::give_protocol(Entry& entry) {
  ConnectionReading& reading = entry.reading;
  if (reading.protocol == Protocol::kUnknown) {
    if (entry.watched || reading.role == SocketRole::kServer) return;
    const auto known = known_addresses_.find(reading.remote);
    if (known == known_addresses_.end()) return;
    reading.protocol = known->second;
    reading.tls = reading.protocol == Protocol::kTls;
    reading.role = SocketRole::kClient;
    return;
  }
  if (reading.role != SocketRole::kClient || reading.remote.empty() ||
      known_addresses_.size() >= kMostAddresses ||
      !known_addresses_.emplace(reading.remote, reading.protocol).second)
    return;
  for (auto& [id, other] : entries_) {
    if (other.reading.protocol != Protocol::kUnknown || other.reading.remote != reading.remote)
      continue;
    give_protocol(other);
    other.changed = true;
  }
}

void CallTracker::take_exchange(const exchange_record& record, const char* segments,
                                std::size_t size) {
  const auto found = entries_.find(record.connection);
  if (found == entries_.end()) return;  // its other end tells of it
  Entry& entry = found->second;
  entry.watched = true;
  if (!entry.decoder)
    entry.decoder = make_decoder(entry.reading.protocol,
                                 {application_of(entry.reading), entry.from_start}, books_);
  if (record.pid && record.pid != entry.reading.pid) {
    entry.reading.pid = record.pid;
    entry.reading.process_start_time_ns = 0;
    entry.changed = true;
  }
  for (std::size_t at = 0; at + sizeof(segment) <= size;) {
    segment one{};
    std::memcpy(&one, segments + at, sizeof(one));
    at += sizeof(one);
    if (one.captured > size - at || one.captured > one.length) {
      malformed_++;
      break;
    }
    take_segment(entry, one, segments + at);
    at += (one.captured + 7u) & ~std::size_t{7};
  }
  if (record.server.pid) {
    entry.half = record.server;
    // A long reply may leave before its server has noted that it sent it.
    for (const std::size_t call : std::exchange(entry.unpaired, {}))
      give_half(calls_[call], entry.half, 1);
  }
  keep_calls(entry, record.pid);
}

void CallTracker::take_segment(Entry& entry, const segment& segment, const char* bytes) {
  const bool is_plain = (segment.flags & SEGMENT_PLAINTEXT) != 0;
  const bool sent = (segment.flags & SEGMENT_SENT) != 0;
  std::uint32_t& expected = is_plain ? (sent ? entry.plain_sent : entry.plain_received)
                                     : (sent ? entry.sent : entry.received);
  const std::uint32_t gap = segment.position - expected;
  Piece piece;
  piece.bytes = {bytes, segment.captured};
  // A gap of more than half the range is a segment that was overtaken by a later one.
  piece.missing_before = gap < 0x80000000u ? gap : 0;
  if (segment.captured == 0) piece.missing_before += segment.length;
  expected = segment.position + segment.length;
  // Time does not go back, whatever a record says: no call ends before it began.
  entry.latest_ns = std::max<std::uint64_t>(entry.latest_ns, segment.time_ns);
  piece.time_ns = entry.latest_ns;
  if (sent) {
    piece.task = segment.sender.task;
    piece.work = segment.sender.work;
  } else {
    piece.arrived_ns = segment.arrived_ns;
  }
  piece.tid = segment.tid;
  if (is_plain) {
    if (!take_plaintext(entry, segment, piece)) return;
  } else if (entry.layer == Entry::Layer::kPlaintext) {
    return;
  } else if (entry.layer == Entry::Layer::kSocket && starts_tls(piece.bytes)) {
    begin_tls(entry);
  }
  feed(entry, segment, piece);
  if (segment.captured == 0 || segment.captured == segment.length) return;
  // Its end was not captured.
  piece.bytes = {};
  piece.missing_before = segment.length - segment.captured;
  feed(entry, segment, piece);
}

void CallTracker::feed(Entry& entry, const segment& segment, const Piece& piece) {
  if (is_request(segment, entry.reading.role)) {
    entry.requests.sent(piece, entry.reading.protocol, key_);
    entry.decoder->request(piece, done_);
    return;
  }
  const std::size_t before = done_.size();
  entry.requests.answered();
  entry.decoder->reply(piece, done_);
  if (done_.size() == before + 1) entry.requests.give(done_.back());
}

void CallTracker::use(Entry& entry, std::unique_ptr<Decoder> decoder) {
  if (entry.decoder) lost_calls_ += entry.decoder->lost_calls() - entry.told_lost;
  entry.decoder = std::move(decoder);
  entry.told_lost = entry.decoder->lost_calls();
}

/// What follows is ciphertext, of which turns are told until a TLS library gives more.
void CallTracker::begin_tls(Entry& entry) {
  entry.layer = Entry::Layer::kCiphertext;
  entry.reading.tls = entry.changed = true;
  if (entry.decoder) {
    auto decoder = std::move(entry.decoder);
    lost_calls_ += decoder->lost_calls() - entry.told_lost;
    use(entry, make_upgraded_decoder());
    entry.before_tls = std::move(decoder);
  }
  const TlsProcess process{entry.reading.pid, entry.reading.process_start_time_ns};
  if (tls_processes_.size() < kMostTlsProcesses &&
      std::find(tls_processes_.begin(), tls_processes_.end(), process) == tls_processes_.end())
    tls_processes_.push_back(process);
}

/// What a TLS library was given or gave; false when it is not known yet what to make of it.
bool CallTracker::take_plaintext(Entry& entry, const segment& segment, const Piece& piece) {
  if (entry.layer == Entry::Layer::kPlaintext) return true;
  if (entry.layer == Entry::Layer::kSocket) begin_tls(entry);
  ConnectionReading& reading = entry.reading;
  DecoderScope scope{application_of(reading), entry.from_start};
  if (entry.before_tls) {
    // PostgreSQL begins anew within TLS, MySQL goes on.
    use(entry, reading.protocol == Protocol::kPostgresql
                   ? make_decoder(reading.protocol, scope, books_)
                   : std::move(entry.before_tls));
    entry.before_tls.reset();
  } else {
    if (entry.plain_looks >= kMostPlainLooks) return false;
    const recognition found = recognise_bytes(piece.bytes, segment.length);
    if (found.protocol == PROTOCOL_UNKNOWN || found.protocol == PROTOCOL_TLS) {
      entry.plain_looks++;
      return false;
    }
    reading.protocol = static_cast<Protocol>(found.protocol);
    scope.from_start &= entry.plain_looks == 0;
    use(entry, make_decoder(reading.protocol, scope, books_));
  }
  entry.layer = Entry::Layer::kPlaintext;
  entry.changed = true;
  return true;
}

void CallTracker::keep_calls(Entry& entry, std::uint32_t pid) {
  const auto answered = static_cast<std::size_t>(std::count_if(
      done_.begin(), done_.end(), [&](const Call& call) { return answers(entry.half, call); }));
  for (const Call& call : done_) {
    if (calls_.size() >= kMostCalls) {
      lost_calls_++;
      continue;
    }
    CallReading& reading = calls_.emplace_back();
    reading.connection = entry.reading.id;
    reading.pid = pid;
    reading.call = call;
    if (answers(entry.half, call))
      give_half(reading, entry.half, answered);
    else if (entry.unpaired.size() < kMostUnpaired)
      entry.unpaired.push_back(calls_.size() - 1);
  }
  done_.clear();
  const std::uint64_t lost = entry.decoder->lost_calls();
  lost_calls_ += lost - std::exchange(entry.told_lost, lost);
}

void CallTracker::end(Entry& entry, SocketEnd how, std::uint64_t time_ns) {
  if (entry.reading.end != SocketEnd::kOpen) return;
  time_ns = std::max(time_ns, entry.latest_ns);
  entry.reading.end = how;
  entry.reading.ended_ns = time_ns;
  entry.changed = true;
  if (!entry.decoder) return;
  entry.decoder->close(time_ns, done_);
  keep_calls(entry, entry.reading.pid);
}

void CallTracker::retain(const std::vector<std::uint64_t>& watched, std::uint64_t since_ns) {
  const std::unordered_set<std::uint64_t> alive(watched.begin(), watched.end());
  for (auto& [id, entry] : entries_)
    if (entry.watched && entry.announced_ns < since_ns && !alive.count(id))
      end(entry, SocketEnd::kClosed, since_ns);
}

/// A socket that nobody used has no end that can be seen, but that of its process.
void CallTracker::end_of_processes(const Sample& sample) {
  std::unordered_set<std::uint32_t> ended;
  for (const thread_record& record : sample.ended)
    if (record.header.flags & THREAD_LAST) ended.insert(record.pid);
  if (ended.empty()) return;
  for (auto& [id, entry] : entries_)
    if (!entry.watched && ended.count(entry.reading.pid))
      end(entry, SocketEnd::kClosed, sample.monotonic_ns);
}

void CallTracker::deliver(Sample& sample) {
  end_of_processes(sample);
  for (auto& [id, entry] : entries_) {
    // Whose work it was is known from the calls before, though not when it did it.
    for (const std::size_t call : std::exchange(entry.unpaired, {})) {
      calls_[call].server.pid = entry.half.pid;
      calls_[call].server.tid = entry.half.tid;
      calls_[call].server.cpu_ns = kUnknownCount;
    }
    if (!entry.decoder) continue;
    const auto busy = entry.decoder->busy_since();
    if (busy != entry.reading.busy_since_ns) entry.changed = true;
    entry.reading.busy_since_ns = busy;
    if (entry.decoder->database() == entry.reading.database) continue;
    entry.reading.database = entry.decoder->database();
    entry.changed = true;
  }
  for (auto& [id, entry] : entries_)
    if (std::exchange(entry.changed, false)) {
      sample.connections.push_back(entry.reading);
      entry.told = true;
    }
  std::sort(sample.connections.begin(), sample.connections.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  std::erase_if(entries_,
                [](const auto& pair) { return pair.second.reading.end != SocketEnd::kOpen; });
  sample.calls = std::exchange(calls_, {});
  calls_.reserve(sample.calls.size());  // as many will come again
  sample.query_texts = books_.queries.take_new();
  sample.collector.losses[LOSS_CALLS_UNTOLD] = lost_calls_;
  sample.collector.losses[LOSS_CONNECTIONS] += lost_connections_;
  sample.collector.losses[LOSS_QUERY_TEXTS] = books_.queries.overflowed();
}

}  // namespace culprit
