// SPDX-License-Identifier: Apache-2.0
// Disk and network use against the workloads' own counts.
#include "catch.h"
#include "watch.h"

using namespace culprit;
using namespace culprit::test;
using std::chrono::milliseconds;

TEST_CASE("bytes and connections are those that the workload counts", "[live][io]") {
  Watch watch;
  watch.start();
  Workload load({"netload", "--connections", "200", "--bytes", "3000", "--seconds", "1"});
  const nlohmann::json truth = load.truth();
  const Snapshot snapshot = watch.after(milliseconds(300));
  for (const char* side : {"client", "server"}) {
    const nlohmann::json& own = truth.at(side);
    const ProcessRow& row = process_row(snapshot, own.at("pid").get<pid_t>());
    INFO(side);
    CHECK(row.usage.transmit_bytes == own.at("sent_bytes").get<std::uint64_t>());
    CHECK(row.usage.receive_bytes == own.at("received_bytes").get<std::uint64_t>());
    CHECK(row.usage.closes == own.at("closed").get<std::uint64_t>());
    CHECK(row.usage.connects ==
          (own.contains("connected") ? own.at("connected").get<std::uint64_t>() : 0));
    CHECK(row.usage.accepts ==
          (own.contains("accepted") ? own.at("accepted").get<std::uint64_t>() : 0));
  }
}

TEST_CASE("direct reads show on the process and on the disk", "[live][io]") {
  Watch watch;
  Workload reader({"sleeper", "--how", "odirect", "--seconds", "30", "--dir", scratch_directory()});
  watch.start();
  const Snapshot snapshot = watch.after(milliseconds(2'000));
  const ProcessRow& row = process_row(snapshot, reader.pid());
  REQUIRE(row.usage.read_bytes);
  CHECK(*row.usage.read_bytes > 10'000'000);
  bool seen = false;
  for (const DiskRow& disk : snapshot.system.disks) {
    // The process is charged when it asks, the disk when it answers.
    if (static_cast<double>(disk.read_bytes) < 0.9 * static_cast<double>(*row.usage.read_bytes))
      continue;
    seen = true;
    INFO(disk.name);
    REQUIRE(disk.latency);
    CHECK(disk.latency->count > 0);
    CHECK(disk.latency->p50_seconds > 0);
    CHECK(disk.busy_ratio > 0);
  }
  CHECK(seen);
}
