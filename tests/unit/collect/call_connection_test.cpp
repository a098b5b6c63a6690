// SPDX-License-Identifier: Apache-2.0
// How connections come, change and end in CallTracker.
#include "catch.h"
#include "collect/call_tracker.h"
#include "unit/collect/call_records.h"

namespace culprit {

using namespace call_records;

namespace {

void decode(CallTracker& tracker, const connection_record& record) {
  tracker.decode(&record, sizeof(record));
}
void decode(CallTracker& tracker, const std::string& bytes) {
  tracker.decode(bytes.data(), bytes.size());
}

Sample deliver(CallTracker& tracker, std::uint64_t now = 1'000'000) {
  Sample sample;
  sample.monotonic_ns = now;
  tracker.deliver(sample);
  return sample;
}

connection_record ended(connection_record record, std::uint64_t time_ns, std::uint32_t error = 0,
                        int flags = 0) {
  record.header.flags = static_cast<__u16>(record.header.flags | CONNECTION_ENDED | flags);
  record.header.time_ns = time_ns;
  record.error = error;
  return record;
}

}  // namespace

TEST_CASE("connections: when they were opened and how long that took") {
  CallTracker tracker;
  connection_record record = connection(1, PROTOCOL_UNKNOWN, ROLE_CLIENT, CONNECTION_FROM_START);
  record.opened_ns = 700;
  record.connect_ns = 50;
  record.peer_pid = 90;
  decode(tracker, record);
  record.opened_ns = record.connect_ns = 0;  // does not undo it
  record.protocol = PROTOCOL_REDIS;
  decode(tracker, record);
  const Sample sample = deliver(tracker);
  REQUIRE(sample.connections.size() == 1);
  CHECK(sample.connections[0].opened_ns == 700);
  CHECK(sample.connections[0].connect_ns == 50);
  CHECK(sample.connections[0].peer_pid == 90);
  CHECK(sample.connections[0].protocol == Protocol::kRedis);
  CHECK_FALSE(sample.connections[0].tls);
}

TEST_CASE("connections: their end is told once, and aborts the call in flight") {
  for (const std::uint32_t error : {0u, 104u}) {
    CallTracker tracker;
    decode(tracker, connection(1));
    decode(tracker, exchange(1, sent(kQuery, 0, 1000)));
    decode(tracker, ended(connection(1), 5000, error));
    decode(tracker, ended(connection(1), 6000, error));
    Sample sample = deliver(tracker);
    REQUIRE(sample.connections.size() == 1);
    CHECK(sample.connections[0].end == (error ? SocketEnd::kReset : SocketEnd::kClosed));
    CHECK(sample.connections[0].ended_ns == 5000);
    CHECK(sample.connections[0].connect_error == 0);
    REQUIRE(sample.calls.size() == 1);
    CHECK(sample.calls[0].call.outcome == Outcome::kAborted);
    CHECK(sample.calls[0].call.end_ns == 5000);
    CHECK(sample.calls[0].pid == 77);
    decode(tracker, nth_exchange(1, 0));  // comes too late
    sample = deliver(tracker);
    CHECK(sample.connections.empty());
    CHECK(sample.calls.empty());
  }
}

TEST_CASE("connections: one that was never established") {
  CallTracker tracker;
  decode(tracker, ended(connection(1, PROTOCOL_UNKNOWN), 5000, 111, CONNECTION_FAILED));
  const Sample sample = deliver(tracker);
  REQUIRE(sample.connections.size() == 1);
  CHECK(sample.connections[0].end == SocketEnd::kConnectFailed);
  CHECK(sample.connections[0].connect_error == 111);
}

TEST_CASE("connections: the end that its other end tells of is dropped") {
  CallTracker tracker;
  decode(tracker, connection(1, PROTOCOL_POSTGRESQL, ROLE_SERVER));
  decode(tracker, connection(1, PROTOCOL_POSTGRESQL, ROLE_SERVER, CONNECTION_PAIRED));
  decode(tracker, connection(2, PROTOCOL_POSTGRESQL, ROLE_SERVER, CONNECTION_PAIRED));
  decode(tracker, exchange(1, received(kQuery, 0, 1000) + sent(kReply, 0, 1500)));
  CHECK(deliver(tracker).connections.empty());

  // When it has been told of, so has its end to be.
  decode(tracker, connection(3, PROTOCOL_POSTGRESQL, ROLE_SERVER));
  decode(tracker, exchange(3, received(kQuery, 0, 1000)));
  CHECK(deliver(tracker).connections.size() == 1);
  decode(tracker, connection(3, PROTOCOL_POSTGRESQL, ROLE_SERVER, CONNECTION_PAIRED));
  const Sample sample = deliver(tracker);
  REQUIRE(sample.connections.size() == 1);
  CHECK(sample.connections[0].end == SocketEnd::kClosed);
  CHECK(sample.calls.empty());
  CHECK(deliver(tracker).connections.empty());
}

TEST_CASE("connections: a socket that another process inherited is that one's now") {
  CallTracker tracker;
  decode(tracker, connection(1));
  decode(tracker, exchange(1, sent(kQuery, 0, 1000) + received(kReply, 0, 1100), {}, 88));
  const Sample sample = deliver(tracker);
  REQUIRE(sample.connections.size() == 1);
  CHECK(sample.connections[0].pid == 88);
  CHECK(sample.connections[0].process_start_time_ns == 0);
  REQUIRE(sample.calls.size() == 1);
  CHECK(sample.calls[0].pid == 88);
}

TEST_CASE("connections: an idle one speaks what others to the same server do") {
  CallTracker tracker;
  decode(tracker, connection(1, PROTOCOL_UNKNOWN, ROLE_UNKNOWN));
  decode(tracker, connection(4, PROTOCOL_UNKNOWN, ROLE_SERVER));
  CHECK(deliver(tracker).connections[0].protocol == Protocol::kUnknown);
  decode(tracker, connection(2));
  decode(tracker, connection(3, PROTOCOL_UNKNOWN, ROLE_UNKNOWN));
  connection_record elsewhere = connection(5, PROTOCOL_UNKNOWN, ROLE_UNKNOWN);
  elsewhere.remote_port = 80;
  decode(tracker, elsewhere);
  const Sample sample = deliver(tracker);
  REQUIRE(sample.connections.size() == 4);
  for (std::size_t i = 0; i < 3; i++) {
    CHECK(sample.connections[i].id == i + 1);
    CHECK(sample.connections[i].protocol == Protocol::kPostgresql);
    CHECK(sample.connections[i].role == SocketRole::kClient);
  }
  CHECK(sample.connections[3].protocol == Protocol::kUnknown);
}

TEST_CASE("connections: one that is watched and not recognised is told nothing by others") {
  CallTracker tracker;
  decode(tracker, connection(1, PROTOCOL_UNKNOWN));
  decode(tracker, exchange(1, sent("hello", 0, 1000)));
  decode(tracker, connection(2, PROTOCOL_TLS));
  decode(tracker, connection(3, PROTOCOL_UNKNOWN, ROLE_UNKNOWN));
  const Sample sample = deliver(tracker);
  REQUIRE(sample.connections.size() == 3);
  CHECK(sample.connections[0].protocol == Protocol::kUnknown);
  CHECK(sample.connections[2].protocol == Protocol::kTls);
  CHECK(sample.connections[2].tls);
}

TEST_CASE("connections: a watched one that the kernel has no more has ended") {
  CallTracker tracker;
  for (std::uint64_t id = 1; id <= 4; id++) decode(tracker, connection(id));
  connection_record late = connection(4);
  late.header.time_ns = 9000;  // announced after the listing began
  decode(tracker, late);
  for (const std::uint64_t id : {1, 2, 4}) decode(tracker, nth_exchange(id, 0));
  decode(tracker, exchange(2, sent(kQuery, kQuerySize, 3000)));
  tracker.retain({1}, 8000);
  const Sample sample = deliver(tracker);
  REQUIRE(sample.connections.size() == 4);
  CHECK(sample.connections[0].end == SocketEnd::kOpen);
  CHECK(sample.connections[1].end == SocketEnd::kClosed);
  CHECK(sample.connections[1].ended_ns == 8000);
  CHECK(sample.connections[2].end == SocketEnd::kOpen);  // not watched: has no buffer
  CHECK(sample.connections[3].end == SocketEnd::kOpen);
  CHECK(sample.calls.size() == 4);
  CHECK(sample.calls[3].call.outcome == Outcome::kAborted);
}

TEST_CASE("connections: one that has ended did so after all that went over it") {
  CallTracker tracker;
  decode(tracker, connection(1));
  decode(tracker, exchange(1, sent(kQuery, 0, 9000)));  // while the kernel's were listed
  tracker.retain({}, 8000);
  const Sample sample = deliver(tracker);
  CHECK(sample.connections[0].ended_ns == 9000);
  REQUIRE(sample.calls.size() == 1);
  CHECK(sample.calls[0].call.end_ns == 9000);
}

TEST_CASE("connections: an idle one ends with its process") {
  CallTracker tracker;
  decode(tracker, connection(1));
  decode(tracker, connection(2));
  decode(tracker, nth_exchange(2, 0));
  connection_record other = connection(3);
  other.pid = 99;
  decode(tracker, other);
  Sample sample;
  sample.monotonic_ns = 7000;
  thread_record thread{};
  thread.pid = 77;
  sample.ended.push_back(thread);  // one thread of several
  tracker.deliver(sample);
  for (const ConnectionReading& reading : sample.connections)
    CHECK(reading.end == SocketEnd::kOpen);

  Sample last;
  last.monotonic_ns = 8000;
  thread.header.flags = THREAD_LAST;
  last.ended.push_back(thread);
  tracker.deliver(last);
  REQUIRE(last.connections.size() == 1);
  CHECK(last.connections[0].id == 1);
  CHECK(last.connections[0].end == SocketEnd::kClosed);
  CHECK(last.connections[0].ended_ns == 8000);
}

TEST_CASE("connections: no more are kept than there is room for") {
  constexpr std::uint64_t kMost = 131072;
  CallTracker tracker;
  connection_record record = connection(0, PROTOCOL_UNKNOWN);
  for (std::uint64_t id = 1; id <= kMost + 3; id++) {
    record.id = id;
    decode(tracker, record);
  }
  Sample sample = deliver(tracker);
  CHECK(sample.connections.size() == kMost);
  CHECK(sample.collector.losses[LOSS_CONNECTIONS] == 3);
  record.id = 1;
  decode(tracker, ended(record, 5000));
  deliver(tracker);
  record.id = kMost + 1;
  decode(tracker, record);
  CHECK(deliver(tracker).connections.size() == 1);
}

}  // namespace culprit
