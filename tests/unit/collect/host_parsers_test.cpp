// SPDX-License-Identifier: Apache-2.0
#include "collect/host_parsers.h"

#include "catch.h"
#include "fixture.h"

using namespace culprit;

TEST_CASE("/proc/stat: CPUs by number, and forks") {
  const StatFile stat = parse_stat(
      "cpu  10 1 5 100 2 3 4 6 9 9\n"
      "cpu0 4 0 2 50 1 1 2 3 0 0\n"
      "cpu2 6 1 3 50 1 2 2 3 0 0\n"
      "intr 5 1 2 3\nctxt 7\nprocesses 4711\n",
      10'000'000);
  REQUIRE(stat.cpu);
  CHECK(stat.cpu->user_ns == 100'000'000);
  CHECK(stat.cpu->steal_ns == 60'000'000);
  CHECK(stat.forks == 4711u);
  REQUIRE(stat.cpus.size() == 3);
  CHECK(stat.cpus[0].idle_ns == 500'000'000);
  CHECK(stat.cpus[1].idle_ns == 0);  // offline
  CHECK(stat.cpus[2].system_ns == 30'000'000);
}

TEST_CASE("/proc/stat: a line cut short or out of range is absent") {
  CHECK_FALSE(parse_stat("cpu 1 2 3\n", 1).cpu);
  CHECK_FALSE(parse_stat("cpu 1 2 3 4 5 6 7 18446744073709551615\n", 10).cpu);
  CHECK(parse_stat("cpu99999 1 2 3 4 5 6 7 8\n", 1).cpus.empty());
}

TEST_CASE("/proc/loadavg") {
  const LoadFile load = parse_loadavg("0.52 1.25 2.00 3/512 4711\n");
  REQUIRE(load.averages);
  CHECK((*load.averages)[1] == 1.25);
  CHECK(load.runnable == 3u);
  CHECK_FALSE(parse_loadavg("0.5 x 1.0 2/3 4").averages);
  CHECK_FALSE(parse_loadavg("0.5 -1.0 1.0 2/3 4").averages);
}

TEST_CASE("/proc/meminfo is all or nothing") {
  const std::string text =
      "MemTotal:  100 kB\nMemFree: 20 kB\nMemAvailable: 60 kB\nBuffers: 1 kB\nCached: 30 kB\n"
      "SwapCached: 9 kB\nSwapTotal: 50 kB\nSwapFree: 40 kB\nDirty: 2 kB\n";
  const auto memory = parse_meminfo(text);
  REQUIRE(memory);
  CHECK(memory->total_bytes == 102400);
  CHECK(memory->cached_bytes == 30720);
  CHECK(memory->swap_free_bytes == 40960);
  CHECK(memory->dirty_bytes == 2048);
  CHECK_FALSE(parse_meminfo(text.substr(0, text.find("Dirty"))));
  CHECK_FALSE(parse_meminfo("MemTotal: 18446744073709551615 kB\n" + text));
}

TEST_CASE("/proc/pressure") {
  const auto io = parse_pressure(
      "some avg10=1.96 avg60=3.30 avg300=2.73 total=17\n"
      "full avg10=0.00 avg60=0.00 avg300=0.00 total=5\n");
  REQUIRE(io);
  CHECK(io->some_ns == 17'000);
  CHECK(io->full_ns == 5'000u);
  const auto old_cpu = parse_pressure("some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n");
  REQUIRE(old_cpu);
  CHECK_FALSE(old_cpu->full_ns);
  CHECK_FALSE(parse_pressure("full total=5\n"));
}

TEST_CASE("/proc/diskstats of old and new kernels") {
  const auto disks = parse_diskstats(
      "   7       0 loop0 5 0 5 0 0 0 0 0 0 0 0\n"
      " 253       0 zram0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
      " 253       1 zram1 1 0 8 0 0 0 0 0 0 0 0\n"
      " 259       0 nvme0n1 100 1 200 30 400 2 800 50 0 60 80 1 2 3 4 5 6\n"
      "   8       0 sda 1 2 3\n");
  REQUIRE(disks.size() == 2);
  CHECK(disks[0].name == "zram1");
  CHECK(disks[1].name == "nvme0n1");
  CHECK(disks[1].major == 259);
  CHECK(disks[1].reads == 100);
  CHECK(disks[1].writes == 400);
  CHECK(disks[1].read_bytes == 102400);
  CHECK(disks[1].write_bytes == 409600);
  CHECK(disks[1].busy_ns == 60'000'000);
  CHECK(disks[1].wait_ns == 80'000'000);
}

TEST_CASE("/proc/net/dev without loopback") {
  const auto network = parse_net_dev(
      "Inter-|   Receive  |  Transmit\n face |bytes packets errs drop |bytes\n"
      "    lo: 1000 1 0 0 0 0 0 0 1000 1 0 0 0 0 0 0\n"
      "  eth0:123 1 0 0 0 0 0 0 45 1 0 0 0 0 0 0\n"
      "eth0:1: 7 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0\n");
  REQUIRE(network);
  CHECK(network->receive_bytes == 130);
  CHECK(network->transmit_bytes == 50);
  CHECK_FALSE(parse_net_dev("Inter-| Receive\n"));
  CHECK(parse_net_dev("lo: 9 1 0 0 0 0 0 0 9 1 0 0 0 0 0 0\n")->receive_bytes == 0);
}

TEST_CASE("/proc/net/snmp and netstat: the number under the name") {
  const std::string text =
      "Ip: Forwarding OutSegs\nIp: 1 99\nTcp: MaxConn OutSegs RetransSegs\nTcp: -1 7 3\n";
  CHECK(parse_protocol_counter(text, "Tcp:", "OutSegs") == 7u);
  CHECK(parse_protocol_counter(text, "Tcp:", "RetransSegs") == 3u);
  CHECK_FALSE(parse_protocol_counter(text, "Tcp:", "MaxConn"));
  CHECK_FALSE(parse_protocol_counter(text, "Tcp:", "Nothing"));
  CHECK_FALSE(parse_protocol_counter(text, "TcpExt:", "OutSegs"));
  CHECK_FALSE(parse_protocol_counter("Tcp: A B\nTcp: 1\n", "Tcp:", "B"));
}

TEST_CASE("garbage in the host's files is absent") {
  for (const std::string& text : garbage_texts()) {
    const StatFile stat = parse_stat(text, 10'000'000);
    CHECK_FALSE(stat.cpu);
    CHECK_FALSE(stat.forks);
    CHECK_FALSE(parse_loadavg(text).averages);
    CHECK_FALSE(parse_meminfo(text));
    CHECK_FALSE(parse_pressure(text));
    CHECK(parse_diskstats(text).empty());
    CHECK_FALSE(parse_net_dev(text));
    CHECK_FALSE(parse_protocol_counter(text, "Tcp:", "OutSegs"));
  }
}
