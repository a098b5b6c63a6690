// SPDX-License-Identifier: Apache-2.0
// Connections and exchanges as the ring buffer gives them. Each step begins with a byte that
// says what it is; raw records have any bytes, the others such as the kernel might send.
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "collect/call_tracker.h"

namespace {

using namespace culprit;

/// Bytes of the input; zeros when there are none left.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : left_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return left_.empty(); }
  std::uint8_t byte() { return static_cast<std::uint8_t>(take(1).empty() ? 0 : taken_[0]); }
  std::string_view take(std::size_t size) {
    taken_ = left_.substr(0, size);
    left_.remove_prefix(taken_.size());
    return taken_;
  }

 private:
  std::string_view left_, taken_;
};

/// In memory of just its size.
void decode(CallTracker& tracker, std::string_view bytes) {
  const std::vector<char> exact(bytes.begin(), bytes.end());
  tracker.decode(exact.data(), exact.size());
}

template <class Record>
std::string_view bytes_of(const Record& record) {
  return {reinterpret_cast<const char*>(&record), sizeof(record)};
}

void connection(CallTracker& tracker, Input& input, std::uint64_t now) {
  connection_record record{};
  record.header.kind = RECORD_CONNECTION;
  record.header.flags = input.byte() & 31;
  record.header.time_ns = now;
  record.id = input.byte() % 4;
  record.pid = record.id % 2;
  record.protocol = input.byte() % (PROTOCOL_TLS + 2);
  const std::uint8_t kind = input.byte();
  record.role = kind % 4;
  record.family = kind & 4 ? AF_UNIX : AF_INET;
  record.path_size = kind & 8 ? 255 : kind >> 4;
  record.path[0] = static_cast<char>(kind);
  decode(tracker, bytes_of(record));
}

void exchange(CallTracker& tracker, Input& input, std::uint64_t now) {
  exchange_record record{};
  record.header.kind = RECORD_EXCHANGE;
  record.connection = input.byte() % 4;
  record.pid = input.byte() % 3;
  std::string segments;
  for (int left = input.byte() % 4; left > 0; left--) {
    const std::uint8_t kind = input.byte();
    const std::string_view bytes = input.take(input.byte());
    segment segment{};
    segment.time_ns = now;
    segment.flags = kind & 1;
    segment.captured = static_cast<__u16>(bytes.size() + (kind & 2 ? kind : 0));
    segment.length = static_cast<__u32>(bytes.size() + (kind & 4 ? kind : 0));
    segment.position = kind & 8 ? input.byte() * 0x01010101u : input.byte();
    segments += bytes_of(segment);
    segments += bytes;
    segments.append((8 - bytes.size() % 8) % 8, '\0');
  }
  if (const std::uint8_t half = input.byte()) {
    record.server.pid = half;
    record.server.read_ns = now - half % 8;
    record.server.first_sent_ns = now + half % 3;
    record.server.last_sent_ns = now + half % 5;
    record.server.run_queue_ns = half % 7 ? half : kUnknownCount;
  }
  record.bytes = static_cast<__u32>(segments.size());
  decode(tracker, std::string(bytes_of(record)) + segments);
}

void deliver(CallTracker& tracker, std::uint64_t now, std::uint8_t ended_pid) {
  Sample sample;
  sample.monotonic_ns = now;
  thread_record thread{};
  thread.header.flags = THREAD_LAST;
  thread.pid = ended_pid;
  sample.ended.push_back(thread);
  tracker.deliver(sample);
  for (std::size_t i = 1; i < sample.connections.size(); i++)
    if (sample.connections[i - 1].id >= sample.connections[i].id) std::abort();
  for (const ConnectionReading& reading : sample.connections) {
    if (reading.protocol > Protocol::kTls || reading.role > SocketRole::kServer) std::abort();
    if (reading.end == SocketEnd::kOpen && reading.ended_ns != 0) std::abort();
  }
  for (const CallReading& reading : sample.calls) {
    if (reading.call.end_ns < reading.call.start_ns) std::abort();
    const ServerHalf& half = reading.server;
    if (half.read_ns > half.first_sent_ns || half.first_sent_ns > half.last_sent_ns) std::abort();
    if (half.pid && half.cpu_ns != kUnknownCount && half.cpu_ns > half.last_sent_ns - half.read_ns)
      std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  CallTracker tracker;
  std::uint64_t now = 1000;
  while (!input.empty()) {
    now += 10;
    switch (input.byte() % 5) {
      case 0:
        decode(tracker, input.take(input.byte() * 2u));
        break;
      case 1:
        connection(tracker, input, now);
        break;
      case 2:
        exchange(tracker, input, now);
        break;
      case 3:
        tracker.retain({input.byte() % 4u}, now - input.byte());
        break;
      case 4:
        deliver(tracker, now, input.byte() % 3);
        break;
    }
  }
  deliver(tracker, now, 0);
  if (tracker.malformed() > tracker.received()) std::abort();
  return 0;
}
