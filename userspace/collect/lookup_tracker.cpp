// SPDX-License-Identifier: Apache-2.0
#include "collect/lookup_tracker.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "collect/socket_address.h"

namespace culprit {
namespace {

constexpr std::size_t kMostWaiting = 16'384, kMostStreams = 1024;
constexpr std::size_t kMostEnded = 65'536;  // in one interval

}  // namespace

void LookupTracker::take(const lookup_record& record) {
  const std::size_t captured = std::min<std::size_t>(record.captured, sizeof(record.bytes));
  const std::string_view bytes(reinterpret_cast<const char*>(record.bytes), captured);
  if (!(record.header.flags & LOOKUP_STREAM)) return take_message(record, bytes);
  auto stream = streams_.find(record.socket);
  if (stream == streams_.end()) {
    if (streams_.size() >= kMostStreams) {
      lost_++;
      return;
    }
    stream = streams_.emplace(record.socket, Stream()).first;
  }
  stream->second.used_ns = record.header.time_ns;
  DnsStream& side =
      record.header.flags & LOOKUP_SENT ? stream->second.sent : stream->second.received;
  side.add(bytes, std::max<std::uint64_t>(record.length, captured));
  while (const auto message = side.next()) take_message(record, *message);
}

void LookupTracker::take_message(const lookup_record& record, std::string_view bytes) {
  auto message = parse_dns(bytes);
  if (!message) return;
  const bool sent = record.header.flags & LOOKUP_SENT;
  if (sent && !message->is_reply) ask(record, std::move(*message));
  if (!sent && message->is_reply) answer(record, *message);
}

void LookupTracker::ask(const lookup_record& record, DnsMessage message) {
  const Key key{record.socket, message.id};
  if (const auto known = waiting_.find(key); known != waiting_.end()) {
    if (known->second.name == message.name && known->second.type == message.type) return;
    end(known->second, LookupOutcome::kUnanswered, record.header.time_ns);
    waiting_.erase(known);
  }
  if (waiting_.size() >= kMostWaiting) {
    lost_++;
    return;
  }
  LookupReading& lookup = waiting_[key];
  lookup.pid = record.pid;
  lookup.process_start_time_ns = record.process_start_time_ns;
  lookup.server = internet_address(record.server, NAME_SERVER_PORT);
  lookup.name = std::move(message.name);
  lookup.type = message.type;
  lookup.start_ns = record.header.time_ns;
}

/// Answers that nobody waits for are those of further servers, or of what was asked before
/// culprit came.
void LookupTracker::answer(const lookup_record& record, const DnsMessage& message) {
  const auto known = waiting_.find({record.socket, message.id});
  if (known == waiting_.end()) return;
  if (!message.name.empty() && message.name != known->second.name) return;
  const LookupOutcome outcome = message.code == DnsMessage::kNoError     ? LookupOutcome::kAnswered
                                : message.code == DnsMessage::kNameError ? LookupOutcome::kNotFound
                                                                         : LookupOutcome::kFailed;
  end(known->second, outcome, record.header.time_ns);
  waiting_.erase(known);
}

void LookupTracker::end(const LookupReading& lookup, LookupOutcome outcome, std::uint64_t time_ns) {
  if (ended_.size() >= kMostEnded) {
    lost_++;
    return;
  }
  ended_.push_back(lookup);
  ended_.back().outcome = outcome;
  ended_.back().end_ns = std::max(time_ns, lookup.start_ns);
}

std::vector<LookupReading> LookupTracker::take_ended(std::uint64_t now_ns) {
  std::erase_if(waiting_, [&](const auto& entry) {
    const LookupReading& lookup = entry.second;
    if (now_ns < lookup.start_ns + kPatienceNs) return false;
    end(lookup, LookupOutcome::kUnanswered, lookup.start_ns + kPatienceNs);
    return true;
  });
  // The end of a connection is not told; what follows on the same socket begins anew.
  std::erase_if(streams_,
                [&](const auto& entry) { return now_ns >= entry.second.used_ns + kPatienceNs; });
  return std::exchange(ended_, {});
}

}  // namespace culprit
