// SPDX-License-Identifier: Apache-2.0
// Readers of limits: ports, settings, paging, allowances of a cloud.
#include <arpa/inet.h>

#include <cstring>

#include "catch.h"
#include "collect/allowance_parsers.h"
#include "collect/allowance_reader.h"
#include "collect/cgroup_parsers.h"
#include "collect/host_parsers.h"
#include "collect/host_reader.h"
#include "collect/port_reader.h"
#include "collect/proc_parsers.h"
#include "fixture.h"

using namespace culprit;

namespace {

inet_diag_msg socket_to(const char* remote, std::uint16_t remote_port, std::uint16_t local_port,
                        std::uint8_t state = 1) {
  inet_diag_msg socket{};
  socket.idiag_family = AF_INET;
  socket.idiag_state = state;
  socket.id.idiag_sport = htons(local_port);
  socket.id.idiag_dport = htons(remote_port);
  inet_pton(AF_INET, "10.0.0.1", socket.id.idiag_src);
  inet_pton(AF_INET, remote, socket.id.idiag_dst);
  return socket;
}

}  // namespace

TEST_CASE("ports are counted by both addresses, within the range only", "[ports]") {
  PortCount count(32'768, 60'999);
  for (std::uint16_t i = 0; i < 30; i++)
    count.note(socket_to("10.0.0.9", 5432, static_cast<std::uint16_t>(40'000 + i), i < 10 ? 6 : 1));
  for (std::uint16_t i = 0; i < 5; i++)
    count.note(socket_to("10.0.0.8", 80, static_cast<std::uint16_t>(40'000 + i)));
  for (std::uint16_t i = 0; i < 50; i++) count.note(socket_to("10.0.0.7", 50'000, 80));
  const auto readings = count.readings(5);
  REQUIRE(readings.size() == 2);
  CHECK(readings[0].remote == "10.0.0.9:5432");
  CHECK(readings[0].local == "10.0.0.1");
  CHECK(readings[0].used == 30);
  CHECK(readings[0].time_wait == 10);
  CHECK(readings[1].remote == "10.0.0.8:80");
  CHECK(count.readings(6).size() == 1);
}

TEST_CASE("sockets are listed only where half of the ports can be in use", "[ports]") {
  const Fixture host;
  host.write("proc/net/sockstat", "sockets: used 9\nTCP: inuse 3 orphan 0 tw 2 alloc 4 mem 1\n");
  host.write("proc/net/sockstat6", "TCP6: inuse 4\nUDP6: inuse 1\n");
  CHECK(parse_sockstat("TCP: inuse 3 orphan 0 tw 2 alloc 4 mem 1\nTCP6: inuse 4\n") == 9);
  CHECK(parse_sockstat("TCP: inuse x tw\nUDP: inuse 7\n") == 0);
  PortReader reader(host.root());
  SettingsReading settings;
  CHECK(reader.read(settings, 1).empty());
  settings.port_first = 32'768;
  settings.port_last = 60'999;
  CHECK(reader.read(settings, 1).empty());
}

TEST_CASE("settings are read, and what is not there is absent", "[settings]") {
  const Fixture host;
  host.write("proc/sys/kernel/threads-max", "192730\n");
  host.write("proc/sys/fs/file-nr", "447\t0\t2466183\n");
  host.write("proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
  host.write("proc/sys/vm/swappiness", "what\n");
  HostReader reader(host.root());
  const SettingsReading settings = reader.read(1).settings;
  CHECK(settings.threads_max == 192'730u);
  CHECK(settings.files_open == 447u);
  CHECK(settings.files_max == 2'466'183u);
  CHECK(settings.port_first == 32'768u);
  CHECK(settings.port_last == 60'999u);
  CHECK_FALSE(settings.swappiness);
  CHECK_FALSE(settings.somaxconn);
}

TEST_CASE("paging is read from vmstat, and refaults from memory.stat", "[paging]") {
  const PagingReading paging = parse_vmstat(
      "nr_dirty 10\nnr_dirty_threshold 100\nnr_dirty_background_threshold 50\npswpin 3\npswpout x\n"
      "workingset_refault_anon 1\nworkingset_refault_file 7\n",
      4096);
  CHECK(paging.dirty_bytes == 40'960u);
  CHECK(paging.dirty_limit_bytes == 409'600u);
  CHECK(paging.dirty_background_bytes == 204'800u);
  CHECK(paging.swapped_in == 3u);
  CHECK_FALSE(paging.swapped_out);
  CHECK(paging.file_refaults == 7u);
  CHECK(parse_file_refaults("workingset_refault_file 5\ntotal_workingset_refault_file 9\n") == 9u);
  CHECK(parse_file_refaults("anon 1\nworkingset_refault_file 5\n") == 5u);
  CHECK_FALSE(parse_file_refaults("anon 1\n"));
  CHECK(parse_process_limit("Max processes             96365     96365     processes\n") ==
        96'365u);
}

TEST_CASE("allowances of an interface: those counters only, whatever a driver gives",
          "[allowances]") {
  std::string names;
  for (const char* name : {"queue_0_tx_cnt", "bw_in_allowance_exceeded", "pps_allowance_exceeded"})
    names += name + std::string(32 - std::strlen(name), '\0');
  names += std::string(16, '\xff') + std::string(16, 'x');
  const std::vector<std::uint64_t> values = {1, 2, 3, 4};
  const auto readings = interface_allowances("eth0", names, values);
  REQUIRE(readings.size() == 2);
  CHECK(readings[0].name == "bw_in_allowance_exceeded");
  CHECK(readings[0].count == 2);
  CHECK(readings[1].device == "eth0");
  CHECK(readings[1].count == 3);
  CHECK(interface_allowances("eth0", names.substr(0, 40), values).empty());
  CHECK(interface_allowances("eth0", names, {}).empty());
}

TEST_CASE("allowances of a volume: behind the right magic only", "[allowances]") {
  std::string page(kEbsLogBytes, '\0');
  const auto put = [&](std::size_t at, std::uint64_t number, std::size_t size) {
    for (std::size_t i = 0; i < size; i++) page[at + i] = static_cast<char>(number >> (8 * i));
  };
  CHECK(volume_allowances("nvme0n1", page).empty());
  put(0, 0x3c23b510, 4);
  put(56, 70'000, 8);
  put(80, 5, 8);
  const auto readings = volume_allowances("nvme0n1", page);
  REQUIRE(readings.size() == 4);
  CHECK(readings[0].name == "volume_iops_exceeded");
  CHECK(readings[0].count == 70'000);
  CHECK(readings[3].name == "instance_throughput_exceeded");
  CHECK(readings[3].count == 5);
  CHECK(volume_allowances("nvme0n1", page.substr(0, 80)).empty());
}

TEST_CASE("which devices have allowances is told by sysfs", "[allowances]") {
  const Fixture host;
  host.write("sys/block/nvme0n1/device/model", "Amazon Elastic Block Store              \n");
  host.write("sys/block/nvme1n1/device/model", "Amazon EC2 NVMe Instance Storage        \n");
  host.write("sys/block/sda/device/model", "Amazon Elastic Block Store\n");
  const AllowanceDevices devices = find_allowance_devices(host.root());
  CHECK(devices.volumes == std::vector<std::string>{"nvme0n1"});
  CHECK(devices.interfaces.empty());
  // Without the device itself nothing is read.
  CHECK(AllowanceReader(host.root()).read(1).empty());
}
