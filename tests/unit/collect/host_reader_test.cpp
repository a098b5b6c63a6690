// SPDX-License-Identifier: Apache-2.0
#include "collect/host_reader.h"

#include <sys/statvfs.h>

#include "catch.h"
#include "collect/host_identity.h"
#include "collect/mount_table.h"
#include "fixture.h"

using namespace culprit;

namespace {

std::uint64_t number_after(const std::string& text, const std::string& key) {
  const std::size_t at = text.find(key);
  REQUIRE(at != std::string::npos);
  return std::stoull(text.substr(at + key.size()));
}

constexpr std::uint64_t kSecond = 1'000'000'000;

}  // namespace

TEST_CASE("an empty host has no readings") {
  const Fixture host;
  HostReader reader(host.root());
  const HostReading reading = reader.read();
  CHECK_FALSE(reading.cpu);
  CHECK(reading.cpus.empty());
  CHECK_FALSE(reading.load_average);
  CHECK_FALSE(reading.runnable);
  CHECK_FALSE(reading.memory);
  CHECK_FALSE(reading.cpu_pressure);
  CHECK_FALSE(reading.io_pressure);
  CHECK(reading.disks.empty());
  CHECK(reading.filesystems.empty());
  CHECK_FALSE(reading.network);
  CHECK_FALSE(reading.forks);
}

TEST_CASE("only whole disks are read") {
  const Fixture host;
  host.write("proc/diskstats",
             "8 0 sda 1 0 8 0 0 0 0 0 0 0 0\n8 1 sda1 1 0 8 0 0 0 0 0 0 0 0\n"
             "104 0 cciss/c0d0 1 0 8 0 0 0 0 0 0 0 0\n253 0 dm-0 1 0 8 0 0 0 0 0 0 0 0\n"
             "9 9 .. 1 0 8 0 0 0 0 0 0 0 0\n");
  for (const char* disk : {"sda", "cciss!c0d0", "dm-0"})
    host.make_directory(std::string("sys/block/") + disk);
  HostReader reader(host.root());
  const auto disks = reader.read().disks;
  REQUIRE(disks.size() == 3);
  CHECK(disks[0].name == "sda");
  CHECK(disks[1].name == "cciss/c0d0");
  CHECK(disks[2].name == "dm-0");
}

TEST_CASE("counters move with the files, and an unreadable one is absent again") {
  const Fixture host;
  host.write("proc/stat", "cpu 1 1 1 1 1 1 1 1\nprocesses 5\n");
  host.write("proc/pressure/cpu", "some total=1\nfull total=0\n");
  HostReader reader(host.root());
  CHECK(reader.read().forks == 5u);
  host.write("proc/stat", "cpu 1 1 1 1 1 1 1 1\nprocesses 6\n");
  const HostReading second = reader.read();
  CHECK(second.forks == 6u);
  REQUIRE(second.cpu_pressure);
  CHECK_FALSE(second.cpu_pressure->full_ns);
  host.write("proc/stat", "\xff\xfe");
  CHECK_FALSE(reader.read().forks);
}

TEST_CASE("filesystems: local ones, each device once, and every ten seconds") {
  const Fixture host;
  host.write("proc/self/mountinfo",
             "27 1 254:0 / / rw - ext4 /dev/vda rw\n"
             "28 27 254:0 /var /srv rw shared:1 - ext4 /dev/vda rw\n"
             "29 27 0:21 / /proc rw - proc proc rw\n"
             "30 27 0:40 / /net rw - nfs4 server:/x rw\n"
             "31 27 0:41 / /fuse rw - fuse.sshfs x rw\n"
             "32 27 7:1 / /snap rw - squashfs /dev/loop1 ro\n"
             "33 27 254:16 / /my\\040data rw master:1 - xfs /dev/vdb rw\n"
             "34 27 254:32 / /gone rw - xfs /dev/vdc rw\n");
  host.make_directory("my data");
  HostReader reader(host.root());
  const auto first = reader.read(100 * kSecond).filesystems;
  REQUIRE(first.size() == 2);
  CHECK(first[0].mount == "/");
  CHECK(first[1].mount == "/my data");
  CHECK(first[1].type == "xfs");
  CHECK(first[1].size_bytes > 0);
  host.remove("my data");
  CHECK(reader.read(109 * kSecond).filesystems.size() == 2);
  CHECK(reader.read(110 * kSecond).filesystems.size() == 1);
}

TEST_CASE("a mount hidden by a later one at the same point is not looked at") {
  const auto mounts = parse_mountinfo(
      "1 0 8:1 / /data rw - ext4 /dev/sda1 rw\n2 1 0:50 / /data rw - nfs server:/ rw\n"
      "3 0 0:9 / / rw - overlay overlay rw\n4 0 0:10 / /var/lib/x/merged rw - overlay overlay "
      "rw\n");
  REQUIRE(mounts.size() == 4);
  const auto watched = watched_filesystems(mounts);
  REQUIRE(watched.size() == 1);
  CHECK(watched[0].point == "/");
}

TEST_CASE("garbage files: every reading is absent") {
  const Fixture host;
  HostReader reader(host.root());
  for (const std::string& text : garbage_texts()) {
    for (const char* file : {"stat", "loadavg", "meminfo", "pressure/cpu", "pressure/io",
                             "diskstats", "net/dev", "net/snmp", "self/mountinfo"})
      host.write(std::string("proc/") + file, text);
    const HostReading reading = reader.read();
    CHECK_FALSE(reading.cpu);
    CHECK_FALSE(reading.memory);
    CHECK_FALSE(reading.network);
    CHECK(reading.disks.empty());
    CHECK(reading.filesystems.empty());
    CHECK_FALSE(read_host_identity(host.root()).cloud);
  }
}

TEST_CASE("the real host: readings lie between what the files say before and after") {
  HostReader reader;
  reader.read();  // open files
  const std::string before = slurp("/proc/stat");
  const HostReading reading = reader.read();
  const std::string after = slurp("/proc/stat");
  REQUIRE(reading.cpu);
  REQUIRE(reading.forks);
  CHECK(*reading.forks >= number_after(before, "processes "));
  CHECK(*reading.forks <= number_after(after, "processes "));
  const std::uint64_t tick = kSecond / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  CHECK(reading.cpu->user_ns >= number_after(before, "cpu ") * tick);
  CHECK(reading.cpu->user_ns <= number_after(after, "cpu ") * tick);
  REQUIRE(reading.memory);
  CHECK(reading.memory->total_bytes == number_after(slurp("/proc/meminfo"), "MemTotal:") * 1024);
  REQUIRE(reading.network);
  REQUIRE(reading.network->segments_sent);
  CHECK(reading.runnable >= 1u);
  CHECK(reading.load_average);
}

TEST_CASE("the real host: a file system has the size that statvfs tells") {
  HostReader reader;
  struct statvfs root {};
  REQUIRE(::statvfs("/", &root) == 0);
  for (const FilesystemReading& filesystem : reader.read().filesystems)
    if (filesystem.mount == "/") CHECK(filesystem.size_bytes == root.f_blocks * root.f_frsize);
}
