// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "model/log_histogram.h"
#include "model/snapshot.h"

namespace culprit {

/// A directory of a test; it goes with it.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "culprit-test-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// A host that is not there: so many processes, tasks, queries and endpoints, whose numbers differ
/// and move with the hours. The same second gives the same snapshot.
class SyntheticHost {
 public:
  SyntheticHost(std::uint32_t processes, std::uint32_t queries)
      : processes_(processes), queries_(queries) {}

  Snapshot at(std::int64_t second) const {
    Snapshot snapshot;
    snapshot.host.hostname = "synthetic";
    snapshot.host.boot_id = "b";
    snapshot.host.cpu_count = 16;
    snapshot.seconds = 1;
    snapshot.start_wall_ns = second * 1'000'000'000;
    snapshot.end_wall_ns = snapshot.start_wall_ns + 1'000'000'000;
    fill_system(snapshot, second);
    for (std::uint32_t number = 0; number < processes_; number++)
      snapshot.processes.push_back(process(number, second));
    for (std::uint32_t number = 0; number < queries_; number++)
      snapshot.queries.push_back(query(number, second));
    for (std::uint32_t number = 0; number < processes_ / 10; number++) {
      snapshot.tasks.push_back(task(number, second));
      snapshot.endpoints.push_back(endpoint(number, second));
    }
    snapshot.judgement.emplace();
    return snapshot;
  }

 private:
  /// Between 0 and 1, different for each (number, second), the same each time.
  static double chance(std::uint64_t number, std::int64_t second) {
    std::uint64_t x = number * 0x9e3779b97f4a7c15ull + static_cast<std::uint64_t>(second);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return static_cast<double>((x ^ (x >> 31)) >> 11) * 0x1p-53;
  }

  static double daytime(std::int64_t second) {
    return 0.6 + 0.4 * std::sin(static_cast<double>(second % 86'400) / 86'400 * 6.2831853);
  }

  static void fill_system(Snapshot& snapshot, std::int64_t second) {
    SystemRow& system = snapshot.system;
    const double load = daytime(second) * (0.8 + 0.2 * chance(1, second));
    system.cpu = CpuUse{load, 10 * load, 4 * load, 0.2 * load, 0.1, 0, 16 * (1 - load)};
    system.load_average = {{16 * load, 15, 14}};
    system.run_queue_seconds = 3 * load * chance(2, second);
    system.run_queue_latency = latency(1, second, 4000);
    system.memory = MemoryReading{64ull << 30,
                                  1ull << 30,
                                  static_cast<std::uint64_t>((20 + 4 * chance(3, second)) * 1e9),
                                  8ull << 30,
                                  static_cast<std::uint64_t>(5e7 * chance(4, second)),
                                  0,
                                  0};
    system.cpu_pressure = Pressure{0.2 * load, {}};
    system.io_pressure = Pressure{0.02 * load, 0.01 * load};
    system.disks = {{"nvme0n1", static_cast<std::uint64_t>(1e6 * chance(5, second)),
                     static_cast<std::uint64_t>(9e6 * chance(6, second)), 0.3 * load,
                     latency(2, second, 300)}};
    system.filesystems = {
        {"/", 100ull << 30, 0.4 + 1e-6 * static_cast<double>(second % 86'400), {}}};
    system.receive_bytes = static_cast<std::uint64_t>(2e7 * chance(7, second));
    system.transmit_bytes = static_cast<std::uint64_t>(3e7 * chance(8, second));
    system.process_count = 500;
  }

  static std::optional<Latency> latency(std::uint64_t seed, std::int64_t second, int count) {
    LogHistogram durations;
    const int told = std::min(count, 40);
    for (int i = 0; i < told; i++)
      durations.add(static_cast<std::uint64_t>(
          1e6 * (static_cast<double>(seed % 50) + 1) *
          std::exp(2 * chance(seed * 100 + static_cast<std::uint64_t>(i), second))));
    return durations.latency();
  }

  static ProcessRow process(std::uint32_t number, std::int64_t second) {
    ProcessRow row;
    row.id = {1000 + number, 5'000'000'000ull + number};
    row.name = "worker-" + std::string(1, static_cast<char>('a' + number % 26));
    row.unit = "service-" + std::to_string(number / 4) + ".service";
    row.user = "app";
    row.command = "/usr/bin/python3 /srv/app_" +
                  std::string(1, static_cast<char>('a' + number % 20)) + "/" +
                  std::string(number / 20 + 1, 'x') + ".py --queue default";
    row.usage.cpu_seconds = daytime(second) * chance(number + 1000, second) / (1 + number);
    row.usage.run_queue_seconds = row.usage.cpu_seconds / 5;
    row.usage.blocked_seconds = Blocked{0.01 * chance(number + 2000, second), 0.001, 0.4, 0.5, 0};
    row.usage.read_bytes = number % 7 == 0 ? 4096 * (second % 100) : 0;
    row.usage.write_bytes = number % 5 == 0 ? 4096 * (second % 77) : 0;
    row.usage.receive_bytes = 1500 * (number % 9);
    row.usage.transmit_bytes = 1400 * (number % 8);
    row.memory = MemoryUse{};
    row.memory->rss_bytes =
        (50 + number) * 1'048'576ull + static_cast<std::uint64_t>(second % 1000) * 4096;
    if (number % 3 == 0) row.calls = CallTotals{10 + number % 40, 0, 0.01 * chance(number, second)};
    return row;
  }

  static TaskRow task(std::uint32_t number, std::int64_t second) {
    TaskRow row;
    row.id = "00000000000" + std::to_string(10000 + number);
    row.name = "poll_" + std::to_string(number) + " (worker.py:31)";
    row.kind = TaskRowKind::kCoroutine;
    row.process = {{1000 + number, 5'000'000'000ull + number}, "worker"};
    row.cpu_seconds = 0.3 * chance(number + 3000, second) / (1 + number);
    row.run_queue_seconds = row.cpu_seconds / 4;
    row.calls = CallTotals{number, 0, 0.02};
    row.rhythm.runs = second % 5 == 0 ? 1 : 0;
    return row;
  }

  static QueryRow query(std::uint32_t number, std::int64_t second) {
    QueryRow row;
    row.id = 0xabc000 + number;
    row.protocol = Protocol::kPostgresql;
    row.address = "10.0.0.5:5432";
    row.database = "shop";
    row.text = "SELECT id, total, created_at FROM table_" + std::to_string(number) +
               " WHERE customer_id = ? AND state IN (?) ORDER BY created_at DESC LIMIT ?";
    row.calls = 1 + static_cast<std::uint64_t>(200 * chance(number + 4000, second)) / (1 + number);
    row.rows = row.calls * 3;
    row.latency = latency(number, second, static_cast<int>(row.calls));
    row.seconds = row.latency ? row.latency->mean_seconds * static_cast<double>(row.calls) : 0;
    row.parts = CallParts{row.seconds * 0.7, row.seconds * 0.2, row.seconds * 0.1};
    return row;
  }

  static EndpointRow endpoint(std::uint32_t number, std::int64_t second) {
    EndpointRow row;
    row.process = {{1000 + number, 5'000'000'000ull + number}, "worker"};
    row.method = "GET";
    row.route = "/orders/{id}/" + std::string(number + 1, 'p');
    row.requests = 1 + static_cast<std::uint64_t>(30 * chance(number + 5000, second));
    row.latency = latency(number + 7, second, static_cast<int>(row.requests));
    row.calls_per_request = 5;
    row.bytes_per_response = 2000;
    return row;
  }

  std::uint32_t processes_, queries_;
};

}  // namespace culprit
