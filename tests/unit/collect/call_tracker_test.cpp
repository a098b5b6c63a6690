// SPDX-License-Identifier: Apache-2.0
#include "collect/call_tracker.h"

#include "catch.h"
#include "unit/collect/call_records.h"

namespace culprit {

using namespace call_records;

namespace {

void decode(CallTracker& tracker, const connection_record& record) {
  tracker.decode(&record, sizeof(record));
}

/// Bytes in memory of just their size, so that a sanitizer sees who reads past them.
void decode(CallTracker& tracker, const std::string& bytes) {
  const std::vector<char> exact(bytes.begin(), bytes.end());
  tracker.decode(exact.data(), exact.size());
}

Sample deliver(CallTracker& tracker, std::uint64_t now = 1'000'000) {
  Sample sample;
  sample.monotonic_ns = now;
  tracker.deliver(sample);
  return sample;
}

}  // namespace

TEST_CASE("calls: an exchange becomes a connection, a call and its text") {
  CallTracker tracker;
  decode(tracker, connection(1));
  decode(tracker, nth_exchange(1, 0));
  const Sample sample = deliver(tracker);
  REQUIRE(sample.connections.size() == 1);
  const ConnectionReading& reading = sample.connections[0];
  CHECK(reading.id == 1);
  CHECK(reading.pid == 77);
  CHECK(reading.process_start_time_ns == 5);
  CHECK(reading.protocol == Protocol::kPostgresql);
  CHECK(reading.role == SocketRole::kClient);
  CHECK(reading.local == "10.0.0.1:40001");
  CHECK(reading.remote == "10.0.0.2:5432");
  CHECK(reading.end == SocketEnd::kOpen);
  CHECK(reading.opened_ns == std::nullopt);
  CHECK(reading.connect_ns == std::nullopt);
  REQUIRE(sample.calls.size() == 1);
  const CallReading& call = sample.calls[0];
  CHECK(call.connection == 1);
  CHECK(call.pid == 77);
  CHECK(call.call.start_ns == 1000);
  CHECK(call.call.arrived_ns == 1050);
  CHECK(call.call.end_ns == 1100);
  CHECK(call.call.tid == 78);
  CHECK(call.call.task == 9);
  CHECK(call.call.work == 4);
  CHECK(call.call.rows == 1);
  CHECK(call.server.pid == 0);
  REQUIRE(sample.query_texts.size() == 1);
  CHECK(sample.query_texts[0].id == call.call.query);
  CHECK(sample.query_texts[0].text == "SELECT ?");
  CHECK(tracker.received() == 2);
  CHECK(tracker.malformed() == 0);
}

TEST_CASE("calls: arrivals are asked for where the other end is on another host") {
  CallTracker tracker;
  connection_record local = connection(1);
  std::memcpy(local.remote_address, local.local_address, sizeof(local.remote_address));
  decode(tracker, local);
  CHECK_FALSE(tracker.take_began_watching());
  decode(tracker, connection(2, PROTOCOL_UNKNOWN));
  CHECK_FALSE(tracker.take_began_watching());
  decode(tracker, connection(3));
  CHECK(tracker.take_began_watching());
  CHECK_FALSE(tracker.take_began_watching());
}

TEST_CASE("calls: what has not changed is not told again") {
  CallTracker tracker;
  decode(tracker, connection(2));
  decode(tracker, connection(1));
  const Sample first = deliver(tracker);
  REQUIRE(first.connections.size() == 2);
  CHECK(first.connections[0].id == 1);
  decode(tracker, nth_exchange(1, 0));
  const Sample second = deliver(tracker);
  CHECK(second.connections.empty());
  CHECK(second.calls.size() == 1);
  CHECK(second.query_texts.size() == 1);
  decode(tracker, nth_exchange(1, 1));
  CHECK(deliver(tracker).query_texts.empty());
}

TEST_CASE("calls: a connection tells since when it is busy, and its database") {
  CallTracker tracker;
  decode(tracker, connection(1, PROTOCOL_POSTGRESQL, ROLE_CLIENT, CONNECTION_FROM_START));
  const std::string start = "\0\0\0\x1e\0\3\0\0user\0a\0database\0shop\0\0"s;
  const auto size = static_cast<std::uint32_t>(start.size());
  decode(tracker, exchange(1, sent(start, 0, 900) + sent(kQuery, size, 1000)));
  Sample sample = deliver(tracker);
  REQUIRE(sample.connections.size() == 1);
  CHECK(sample.connections[0].busy_since_ns == 1000);
  CHECK(sample.connections[0].database == "shop");
  CHECK(deliver(tracker).connections.empty());
  decode(tracker, exchange(1, received(kReply, 0, 2000)));
  sample = deliver(tracker);
  REQUIRE(sample.connections.size() == 1);
  CHECK(sample.connections[0].busy_since_ns == std::nullopt);
}

TEST_CASE("calls: at the server's end what is received is the request") {
  CallTracker tracker;
  decode(tracker, connection(1, PROTOCOL_POSTGRESQL, ROLE_SERVER));
  decode(tracker, exchange(1, received(kQuery, 0, 1000) + sent(kReply, 0, 1500)));
  const Sample sample = deliver(tracker);
  REQUIRE(sample.calls.size() == 1);
  CHECK(sample.calls[0].call.end_ns == 1500);
  CHECK(sample.connections[0].role == SocketRole::kServer);
  CHECK(sample.connections[0].local == "10.0.0.2:5432");
}

TEST_CASE("calls: roles, protocols and families out of range are none") {
  CallTracker tracker;
  for (int i = 1; i <= 3; i++) {
    connection_record record = connection(static_cast<std::uint64_t>(i));
    if (i == 1) record.protocol = PROTOCOL_TLS + 1;
    if (i == 2) record.role = ROLE_SERVER + 1;
    if (i == 3) record.family = 0xffff;
    decode(tracker, record);
    decode(tracker, nth_exchange(record.id, 0));
  }
  const Sample sample = deliver(tracker);
  REQUIRE(sample.connections.size() == 3);
  CHECK(sample.connections[0].protocol == Protocol::kUnknown);
  CHECK(sample.connections[1].role == SocketRole::kUnknown);
  CHECK(sample.connections[2].remote == "10.0.0.2:5432");
  CHECK(tracker.malformed() == 0);
}

TEST_CASE("calls: records of the wrong size or kind are counted and left out") {
  CallTracker tracker;
  const connection_record record = connection(1);
  for (std::size_t size = 0; size < sizeof(record); size++)
    decode(tracker, std::string(reinterpret_cast<const char*>(&record), size));
  CHECK(tracker.malformed() == sizeof(record));
  CHECK(deliver(tracker).connections.empty());
  decode(tracker, record);
  const std::string whole = nth_exchange(1, 0);
  for (std::size_t size = 0; size < whole.size(); size++) decode(tracker, whole.substr(0, size));
  CHECK(tracker.malformed() == sizeof(record) + whole.size());
  CHECK(deliver(tracker).calls.empty());
  record_header other{RECORD_FORK, 0, sizeof(record_header), 1};
  tracker.decode(&other, sizeof(other));
  CHECK(tracker.malformed() == sizeof(record) + whole.size() + 1);
  decode(tracker, whole + "what follows is none of it");
  CHECK(deliver(tracker).calls.size() == 1);
  CHECK(tracker.received() == sizeof(record) + 1 + whole.size() + 2);
}

TEST_CASE("calls: a segment that lies about its bytes ends its record") {
  for (const bool longer_than_record : {true, false}) {
    CallTracker tracker;
    decode(tracker, connection(1));
    std::string lie = received(kReply, 0, 1100);
    segment header;
    std::memcpy(&header, lie.data(), sizeof(header));
    if (longer_than_record)
      header.captured = 4000;
    else
      header.length = 3;
    std::memcpy(lie.data(), &header, sizeof(header));
    decode(tracker, exchange(1, sent(kQuery, 0, 1000) + lie));
    CHECK(tracker.malformed() == 1);
    CHECK(deliver(tracker).calls.empty());
    // It goes on with what comes next.
    decode(tracker, exchange(1, received(kReply, 0, 1200)));
    CHECK(deliver(tracker).calls.size() == 1);
  }
}

TEST_CASE("calls: less than a segment at the end of a record is no segment") {
  CallTracker tracker;
  decode(tracker, connection(1));
  decode(tracker, exchange(1, sent(kQuery, 0, 1000) + std::string(sizeof(segment) - 1, 'x')));
  CHECK(deliver(tracker).connections[0].busy_since_ns == 1000);
  CHECK(tracker.malformed() == 0);
}

TEST_CASE("calls: exchanges of connections that are not known are ignored") {
  CallTracker tracker;
  decode(tracker, nth_exchange(9, 0));
  const Sample sample = deliver(tracker);
  CHECK(sample.calls.empty());
  CHECK(sample.connections.empty());
  CHECK(tracker.malformed() == 0);
}

TEST_CASE("calls: positions tell what is missing between segments, also when they wrap") {
  for (const std::uint32_t start : {0u, 0xfffffff0u}) {
    CallTracker tracker;
    decode(tracker, connection(1));
    const std::string row = "D\0\0\x10\0"s + std::string(50, 'x');  // of 4097 bytes
    // The first position is far from 0: as if a segment of 2^32 bytes was overtaken.
    decode(tracker, exchange(1, sent(kQuery, start, 1000) + received(row, start, 1100) +
                                    received(kReply, start + 4097, 1200)));
    const Sample sample = deliver(tracker);
    REQUIRE(sample.calls.size() == 1);
    CHECK(sample.calls[0].call.reply_bytes == 4097 + kReply.size());
    CHECK(sample.calls[0].call.flags == 0);
  }
}

TEST_CASE("calls: a reply that says it came before its request ends no call before it began") {
  for (const int protocol : {PROTOCOL_POSTGRESQL, PROTOCOL_TLS, PROTOCOL_UNKNOWN}) {
    CallTracker tracker;
    decode(tracker, connection(1, protocol));
    decode(tracker, exchange(1, sent(kQuery, 0, 1000) + received(kReply, 0, 50)));
    decode(tracker, exchange(1, sent(kQuery, kQuery.size(), 1300)));
    const Sample sample = deliver(tracker);
    REQUIRE(sample.calls.size() == 1);
    CHECK(sample.calls[0].call.start_ns == 1000);
    CHECK(sample.calls[0].call.end_ns == 1000);
  }
}

TEST_CASE("calls: the bytes of a segment that were not captured come after those that were") {
  CallTracker tracker;
  decode(tracker, connection(1));
  const std::string row = "D\0\0\x10\0"s + std::string(50, 'x');
  const auto left = static_cast<std::uint32_t>(4097 - row.size());
  decode(tracker, exchange(1, sent(kQuery, 0, 1000) + received(row, 0, 1100, left) +
                                  received(kReply, 4097, 1200)));
  decode(tracker,
         exchange(1, sent(kQuery, kQuerySize, 2000) + received(row, 4097 + kReplySize, 2100) +
                         received("", 4097 + kReplySize + 55, 2200, left) +
                         received(kReply, 2 * 4097 + kReplySize, 2300)));
  const Sample sample = deliver(tracker);
  REQUIRE(sample.calls.size() == 2);
  for (const CallReading& reading : sample.calls) {
    CHECK(reading.call.reply_bytes == 4097 + kReply.size());
    CHECK(reading.call.flags == 0);
  }
}

TEST_CASE("calls: calls that a decoder could not keep are a loss, told once") {
  CallTracker tracker;
  decode(tracker, connection(1));
  std::string pipeline;
  for (int i = 0; i < 4000; i++) pipeline += kQuery;
  decode(tracker, exchange(1, sent(pipeline, 0, 1000)));
  const std::uint64_t lost = deliver(tracker).collector.losses[LOSS_CALLS_UNTOLD];
  CHECK(lost > 0);
  CHECK(lost < 4000);
  CHECK(deliver(tracker).collector.losses[LOSS_CALLS_UNTOLD] == lost);
  decode(tracker, exchange(1, received(kReply, 0, 2000)));
  const Sample sample = deliver(tracker);
  CHECK(sample.calls.size() == 1);
  CHECK(sample.collector.losses[LOSS_CALLS_UNTOLD] == lost);
}

TEST_CASE("calls: a call gets what its server did for it") {
  CallTracker tracker;
  decode(tracker, connection(1));
  server_half half{};
  half.pid = 500;
  half.tid = 501;
  half.read_ns = 990;  // before the client's write had returned
  half.first_sent_ns = 1040;
  half.last_sent_ns = 1090;
  half.task = 12;
  half.work = 5;
  half.run_queue_ns = 10;
  half.blocked_ns = 30;
  half.disk_ns = 20;
  decode(tracker, nth_exchange(1, 0, half));
  half.read_ns = 2010;
  half.first_sent_ns = half.last_sent_ns = 2050;
  half.run_queue_ns = kUnknownCount;  // another thread wrote than read
  decode(tracker, nth_exchange(1, 1, half));
  const Sample sample = deliver(tracker);
  REQUIRE(sample.calls.size() == 2);
  const CallReading& call = sample.calls[0];
  CHECK(call.call.start_ns == 990);
  CHECK(call.call.request_end_ns == 990);
  CHECK(call.server.pid == 500);
  CHECK(call.server.tid == 501);
  CHECK(call.server.task == 12);
  CHECK(call.server.work == 5);
  CHECK(call.server.read_ns == 990);
  CHECK(call.server.first_sent_ns == 1040);
  CHECK(call.server.last_sent_ns == 1090);
  CHECK(call.server.cpu_ns == 60);
  CHECK(call.server.run_queue_ns == 10);
  CHECK(call.server.disk_ns == 20);
  CHECK(sample.calls[1].call.start_ns == 2000);
  CHECK(sample.calls[1].server.pid == 500);
  CHECK(sample.calls[1].server.cpu_ns == kUnknownCount);
  CHECK(sample.calls[1].server.run_queue_ns == kUnknownCount);
  CHECK(sample.calls[1].server.disk_ns == kUnknownCount);
}

TEST_CASE("calls: those that were answered in one go share what their server did") {
  CallTracker tracker;
  decode(tracker, connection(1));
  server_half half{};
  half.pid = 500;
  half.read_ns = 1010;
  half.first_sent_ns = 1020;
  half.last_sent_ns = 1070;
  half.run_queue_ns = 10;
  half.blocked_ns = 100;  // more than there was
  decode(tracker,
         exchange(1, sent(kQuery + kQuery, 0, 1000) + received(kReply + kReply, 0, 1100), half));
  half.blocked_ns = 20;
  half.read_ns = 1110;
  half.first_sent_ns = 1120;
  half.last_sent_ns = 1170;
  decode(tracker, exchange(1,
                           sent(kQuery + kQuery, 2 * kQuerySize, 1105) +
                               received(kReply + kReply, 2 * kReplySize, 1200),
                           half));
  const Sample sample = deliver(tracker);
  REQUIRE(sample.calls.size() == 4);
  CHECK(sample.calls[0].server.cpu_ns == 0);
  CHECK(sample.calls[1].server.run_queue_ns == 5);
  CHECK(sample.calls[2].server.cpu_ns == 15);
  CHECK(sample.calls[3].server.cpu_ns == 15);
}

TEST_CASE("calls: a server's half that is not in order is not believed") {
  CallTracker tracker;
  decode(tracker, connection(1));
  server_half half{};
  half.pid = 500;
  half.read_ns = 1050;
  half.first_sent_ns = 1060;
  half.last_sent_ns = 1040;
  decode(tracker, nth_exchange(1, 0, half));
  half.first_sent_ns = 2010;
  half.read_ns = half.last_sent_ns = 2020;
  decode(tracker, nth_exchange(1, 1, half));
  const Sample sample = deliver(tracker);
  REQUIRE(sample.calls.size() == 2);
  CHECK(sample.calls[0].server.pid == 0);
  CHECK(sample.calls[1].server.pid == 0);
}

}  // namespace culprit
