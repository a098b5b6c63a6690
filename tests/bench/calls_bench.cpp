// SPDX-License-Identifier: Apache-2.0
// What a call costs on its way from the kernel's record to the Snapshot: an interval of 20,000
// calls of 8 connections, as the daemon has it once a second.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "collect/call_tracker.h"
#include "unit/model/call_samples.h"

namespace culprit {
namespace {

constexpr std::uint64_t kConnections = 8, kCalls = 20'000;

template <typename Record>
std::string bytes_of(const Record& record) {
  return {reinterpret_cast<const char*>(&record), sizeof(record)};
}

std::string segment_of(std::string_view bytes, std::uint32_t& position, std::uint64_t time_ns,
                       std::uint16_t flags) {
  segment header{};
  header.time_ns = time_ns;
  header.position = position;
  header.length = static_cast<std::uint32_t>(bytes.size());
  header.tid = 100;
  header.captured = static_cast<std::uint16_t>(bytes.size());
  header.flags = flags;
  position += header.length;
  std::string record = bytes_of(header) + std::string(bytes);
  return record.append((8 - bytes.size() % 8) % 8, '\0');
}

std::string connection_of(std::uint64_t id) {
  connection_record record{};
  record.header = {RECORD_CONNECTION, 0, sizeof(record), 1};
  record.id = id;
  record.pid = 100;
  record.family = AF_UNIX;
  record.protocol = PROTOCOL_POSTGRESQL;
  record.role = ROLE_CLIENT;
  record.path_from_peer = 1;
  constexpr std::string_view kPath = "/run/postgresql/.s.PGSQL.5432";
  record.path_size = kPath.size();
  kPath.copy(record.path, kPath.size());
  return bytes_of(record);
}

/// A simple query of PostgreSQL and its answer of one row, with what the server's end tells.
std::string exchange_of(std::uint64_t id, std::uint64_t number, std::uint32_t& sent,
                        std::uint32_t& received) {
  using namespace std::string_literals;
  const std::uint64_t time_ns = test::at(0) + number * 50'000;
  const std::string query = "Q\0\0\0\x3dSELECT abalance FROM pgbench_accounts WHERE aid = "s +
                            std::to_string(10'000 + number * 7919 % 90'000) + ";\0"s;
  const std::string answer =
      "T\0\0\0\x21\0\1abalance\0\0\0\x40\x0d\0\3\0\0\0\x17\0\4\xff\xff\xff\xff\0\0"s
      "D\0\0\0\x0d\0\1\0\0\0\3-42"s
      "C\0\0\0\x0dSELECT 1\0Z\0\0\0\5I"s;
  const std::string segments = segment_of(query, sent, time_ns, SEGMENT_SENT) +
                               segment_of(answer, received, time_ns + 40'000, 0);
  exchange_record record{};
  record.header = {RECORD_EXCHANGE, 0, sizeof(record), time_ns + 40'000};
  record.connection = id;
  record.pid = 100;
  record.bytes = static_cast<std::uint32_t>(segments.size());
  record.server = {200, 200, time_ns + 5'000, time_ns + 30'000, time_ns + 30'000, 0, 0, 0, 1000,
                   0,   0};
  return bytes_of(record) + segments;
}

void track(benchmark::State& state) {
  CallTracker tracker;
  std::uint32_t sent[kConnections] = {}, received[kConnections] = {};
  for (std::uint64_t id = 1; id <= kConnections; id++) {
    const std::string record = connection_of(id);
    tracker.decode(record.data(), record.size());
  }
  std::size_t calls = 0;
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<std::string> records;
    for (std::uint64_t i = 0; i < kCalls; i++) {
      const std::uint64_t slot = i % kConnections;
      records.push_back(exchange_of(slot + 1, i, sent[slot], received[slot]));
    }
    Sample sample;
    state.ResumeTiming();
    for (const std::string& record : records) tracker.decode(record.data(), record.size());
    tracker.deliver(sample);
    calls += sample.calls.size();
  }
  if (calls != state.iterations() * kCalls || tracker.malformed() > 0)
    state.SkipWithError("the tracker does not find the calls that are made");
  state.SetItemsProcessed(static_cast<std::int64_t>(calls));
  state.SetLabel("call");
}

void model(benchmark::State& state) {
  std::vector<ConnectionReading> connections;
  for (std::uint64_t id = 1; id <= kConnections; id++)
    connections.push_back(test::database_client(id, 100));
  test::CallScene scene(connections);
  double second = 0;
  std::uint64_t calls = 0;
  for (auto _ : state) {
    state.PauseTiming();
    Sample sample = test::call_sample_at(second + 1);
    for (std::uint64_t i = 0; i < kCalls; i++) {
      const double start = second + static_cast<double>(i) * 49e-6;
      sample.calls.push_back(
          test::call_on(connections[i % kConnections], start, start + 40e-6 + i % 97 * 1e-6));
    }
    second++;
    state.ResumeTiming();
    const Snapshot snapshot = *scene.model.advance(sample);
    for (const QueryRow& row : snapshot.queries) calls += row.calls;
  }
  if (calls != state.iterations() * kCalls)
    state.SkipWithError("the model does not count the calls that are made");
  state.SetItemsProcessed(static_cast<std::int64_t>(calls));
  state.SetLabel("call");
}

BENCHMARK(track)->Name("records of 20,000 calls to a Sample")->Unit(benchmark::kMillisecond);
BENCHMARK(model)->Name("Sample of 20,000 calls to a Snapshot")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace culprit
