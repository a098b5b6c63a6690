// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <algorithm>

#include "catch.h"
#include "collect/cgroup_mounts.h"
#include "collect/cgroup_parsers.h"
#include "collect/cgroup_reader.h"
#include "collect/cgroup_tree.h"
#include "collect/proc_parsers.h"
#include "fixture.h"

using namespace culprit;

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

std::uint64_t inode(const Fixture& host, const std::string& path) {
  return cgroup_id_of(host.root() / path).value();
}

const CgroupReading* find(const std::vector<CgroupReading>& readings, const std::string& path) {
  const auto found = std::ranges::find(readings, path, &CgroupReading::path);
  return found == readings.end() ? nullptr : &*found;
}

void make_unified(const Fixture& host) {
  host.write("proc/self/mountinfo",
             "30 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n");
  host.write("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");
  host.write("sys/fs/cgroup/cpu.stat", "usage_usec 9000\n");
  const std::string unit = "sys/fs/cgroup/system.slice/web.service/";
  host.write(unit + "cpu.stat",
             "usage_usec 1000\nuser_usec 600\nsystem_usec 400\nnr_periods 10\nnr_throttled 4\n"
             "throttled_usec 70\n");
  host.write(unit + "cpu.max", "150000 100000\n");
  host.write(unit + "memory.current", "4096\n");
  host.write(unit + "memory.max", "max\n");
  host.write(unit + "pids.current", "7\n");
  host.write(unit + "pids.max", "100\n");
}

void make_legacy(const Fixture& host) {
  host.write("proc/self/mountinfo",
             "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
             "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
             "39 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
             "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
             "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  const std::string cgroup = "sys/fs/cgroup/";
  for (const char* mount : {"cpu,cpuacct", "memory", "pids", "systemd/a/b/c/d", "unified"})
    host.make_directory(cgroup + mount);
  host.write(cgroup + "memory/docker/one/memory.usage_in_bytes", "8192\n");
  host.write(cgroup + "memory/docker/one/memory.limit_in_bytes", "9223372036854771712\n");
  host.write(cgroup + "memory/docker/two/memory.usage_in_bytes", "1\n");
  host.write(cgroup + "memory/docker/two/memory.limit_in_bytes", "1048576\n");
  host.write(cgroup + "cpu,cpuacct/docker/one/cpuacct.usage", "123456789\n");
  host.write(cgroup + "cpu,cpuacct/docker/one/cpu.cfs_quota_us", "50000\n");
  host.write(cgroup + "cpu,cpuacct/docker/one/cpu.cfs_period_us", "100000\n");
  host.write(cgroup + "cpu,cpuacct/docker/one/cpu.stat",
             "nr_periods 5\nnr_throttled 2\nthrottled_time 900\n");
  host.write(cgroup + "pids/docker/pids.current", "3\n");
}

}  // namespace

TEST_CASE("cgroup files are parsed, and no limit is no number") {
  CHECK(parse_cpu_max("max 100000\n") == std::nullopt);
  CHECK(parse_cpu_max("150000 100000\n") == 1.5);
  CHECK_FALSE(parse_cpu_max("150000\n"));
  CHECK_FALSE(parse_cpu_max("1 0\n"));
  CHECK(parse_cfs_quota("25000\n", "100000\n") == 0.25);
  CHECK_FALSE(parse_cfs_quota("-1\n", "100000\n"));
  CHECK_FALSE(parse_limit("max\n"));
  CHECK_FALSE(parse_limit("9223372036854771712\n"));
  CHECK(parse_limit("4096\n") == 4096u);
  CHECK(parse_count("0\n") == 0u);
  CHECK_FALSE(parse_cgroup_cpu_stat("usage_usec 18446744073709551615\n").usage_ns);
  for (const std::string& text : garbage_texts()) {
    CHECK_FALSE(parse_cpu_max(text));
    CHECK_FALSE(parse_count(text));
    CHECK_FALSE(parse_limit(text));
    CHECK_FALSE(parse_cfs_quota(text, text));
    CHECK_FALSE(parse_cgroup_cpu_stat(text).usage_ns);
  }
}

TEST_CASE("no cgroups: no hierarchy, no readings, no paths") {
  const Fixture host;
  CgroupReader reader(host.root());
  CHECK(reader.hierarchy().empty());
  CHECK(reader.read().empty());
  CHECK_FALSE(reader.path_of(1));
  CHECK(find_cgroup_mounts(host.root()).version == 0);
}

TEST_CASE("unified hierarchy") {
  const Fixture host;
  make_unified(host);
  const CgroupMounts mounts = find_cgroup_mounts(host.root());
  CHECK(mounts.version == 2);
  CHECK(mounts.controllers() == std::vector<std::string>{"cpu", "cpuset", "io", "memory", "pids"});
  CHECK(choose_unit_hierarchy(mounts) == "unified");
  CgroupReader reader(host.root());
  const auto readings = reader.read();
  REQUIRE(readings.size() == 3);
  const CgroupReading* const root = find(readings, "/");
  REQUIRE(root);
  CHECK(root->cpu_usage_ns == 9'000'000u);
  CHECK_FALSE(root->memory_bytes);
  CHECK_FALSE(root->periods);
  const CgroupReading* const web = find(readings, "/system.slice/web.service");
  REQUIRE(web);
  CHECK(web->cpu_usage_ns == 1'000'000u);
  CHECK(web->cpu_quota_cores == 1.5);
  CHECK(web->periods == 10u);
  CHECK(web->throttled_periods == 4u);
  CHECK(web->throttled_ns == 70'000u);
  CHECK(web->memory_bytes == 4096u);
  CHECK_FALSE(web->memory_limit_bytes);
  CHECK(web->pids == 7u);
  CHECK(web->pids_limit == 100u);
  CHECK(find(readings, "/system.slice"));
}

TEST_CASE("legacy hierarchy: each controller where it has the path") {
  const Fixture host;
  make_legacy(host);
  const CgroupMounts mounts = find_cgroup_mounts(host.root());
  CHECK(mounts.version == 1);
  CHECK(mounts.controllers() == std::vector<std::string>{"cpu", "cpuacct", "memory", "pids"});
  CHECK_FALSE(mounts.find("name=systemd"));
  CHECK(choose_unit_hierarchy(mounts) == "memory");
  CgroupReader reader(host.root());
  CHECK(reader.hierarchy() == "memory");
  const auto readings = reader.read();
  const CgroupReading* const one = find(readings, "/docker/one");
  REQUIRE(one);
  CHECK(one->cpu_usage_ns == 123'456'789u);
  CHECK(one->cpu_quota_cores == 0.5);
  CHECK(one->throttled_ns == 900u);
  CHECK(one->memory_bytes == 8192u);
  CHECK_FALSE(one->memory_limit_bytes);
  CHECK_FALSE(one->pids);
  const CgroupReading* const two = find(readings, "/docker/two");
  REQUIRE(two);
  CHECK(two->memory_limit_bytes == 1'048'576u);
  CHECK_FALSE(two->cpu_usage_ns);
  CHECK(find(readings, "/docker")->pids == 3u);
}

TEST_CASE("hybrid with systemd: the unified tree names units, v1 has the numbers") {
  const Fixture host;
  make_legacy(host);
  const std::string cgroup = "sys/fs/cgroup/";
  for (const char* unit : {"a.service", "b.service", "c.service", "docker/one"})
    host.make_directory(cgroup + "unified/" + unit);
  host.write(cgroup + "unified/docker/one/cpu.stat", "usage_usec 5\n");
  CgroupReader reader(host.root());
  CHECK(reader.hierarchy() == "unified");
  const auto readings = reader.read();
  const CgroupReading* const one = find(readings, "/docker/one");
  REQUIRE(one);
  CHECK(one->cpu_usage_ns == 5'000u);
  CHECK(one->memory_bytes == 8192u);
  CHECK(one->throttled_periods == 2u);
}

TEST_CASE("ids are named, also new ones and for a while those that are gone") {
  const Fixture host;
  make_unified(host);
  CgroupReader reader(host.root());
  const std::uint64_t web = inode(host, "sys/fs/cgroup/system.slice/web.service");
  CHECK(reader.path_of(web, 100 * kSecond) == "/system.slice/web.service");
  CHECK(reader.path_of(inode(host, "sys/fs/cgroup"), 100 * kSecond) == "/");
  host.make_directory("sys/fs/cgroup/new.service");
  const std::uint64_t added = inode(host, "sys/fs/cgroup/new.service");
  CHECK_FALSE(reader.path_of(added, 100 * kSecond + 1));  // walked a moment ago
  CHECK(reader.path_of(added, 102 * kSecond) == "/new.service");
  host.remove("sys/fs/cgroup/system.slice");
  CHECK(reader.read(120 * kSecond).size() == 2);
  CHECK(reader.path_of(web, 121 * kSecond) == "/system.slice/web.service");
  reader.read(200 * kSecond);
  CHECK(reader.path_of(web, 200 * kSecond) == "/system.slice/web.service");
  reader.read(300 * kSecond);
  CHECK_FALSE(reader.path_of(web, 300 * kSecond));
  CHECK_FALSE(reader.path_of(0));
}

TEST_CASE("an id that is nowhere is searched for once") {
  const Fixture host;
  make_unified(host);
  CgroupReader reader(host.root());
  CHECK_FALSE(reader.path_of(UINT64_MAX, 100 * kSecond));
  host.make_directory("sys/fs/cgroup/late");
  CHECK_FALSE(reader.path_of(UINT64_MAX, 110 * kSecond));
  CHECK(reader.path_of(inode(host, "sys/fs/cgroup/late"), 110 * kSecond) == "/late");
}

TEST_CASE("a cgroup that goes away between walks leaves no reading") {
  const Fixture host;
  make_unified(host);
  CgroupReader reader(host.root());
  CHECK(reader.read(100 * kSecond).size() == 3);
  host.remove("sys/fs/cgroup/system.slice/web.service");
  CHECK(reader.read(101 * kSecond).size() == 2);
}

TEST_CASE("a tree is walked within its bounds, and links are not followed") {
  const Fixture host;
  for (int i = 0; i < 20; ++i) host.make_directory("tree/g" + std::to_string(i));
  host.link("tree/loop", ".");
  host.link("tree/g1/up", "..");
  const CgroupTree whole = walk_cgroups(host.root() / "tree", 1000);
  CHECK(whole.entries.size() == 21);
  CHECK(whole.left_out == 0);
  const CgroupTree part = walk_cgroups(host.root() / "tree", 5);
  CHECK(part.entries.size() == 5);
  CHECK(part.left_out == 16);
  std::string deep = "deep";
  for (int i = 0; i < 80; ++i) deep += "/d";
  host.make_directory(deep);
  CHECK(walk_cgroups(host.root() / "deep", 1000).left_out == 1);
  CHECK(walk_cgroups(host.root() / "missing", 10).entries.empty());
}

TEST_CASE("more cgroups than one reading holds are counted") {
  const Fixture host;
  make_unified(host);
  for (std::size_t i = 0; i < CgroupReader::kMaxRead; ++i)
    host.make_directory("sys/fs/cgroup/g" + std::to_string(i));
  CgroupReader reader(host.root());
  CHECK(reader.read().size() == CgroupReader::kMaxRead);
  CHECK(reader.left_out() == 3);
}

TEST_CASE("names from the kernel are made printable") {
  const Fixture host;
  make_unified(host);
  host.make_directory("sys/fs/cgroup/e\x1b[2Jvil\xff");
  CgroupReader reader(host.root());
  CHECK(find(reader.read(), "/e?[2Jvil?"));
}

TEST_CASE("paths of a mount that shows a part of the tree") {
  CgroupMount mount{2, {}, "/docker/x", "/sys/fs/cgroup"};
  CHECK(path_in_mount(mount, "/docker/x") == "/");
  CHECK(path_in_mount(mount, "/docker/x/y") == "/y");
  CHECK_FALSE(path_in_mount(mount, "/docker/xy"));
  CHECK_FALSE(path_in_mount(mount, "/../other"));
  mount.root = "/";
  CHECK(path_in_mount(mount, "/a/b") == "/a/b");
}

TEST_CASE("garbage in cgroup files is absent") {
  const Fixture host;
  make_unified(host);
  const std::string unit = "sys/fs/cgroup/system.slice/web.service/";
  for (const std::string& text : garbage_texts()) {
    for (const char* file :
         {"cpu.stat", "cpu.max", "memory.current", "memory.max", "pids.current", "pids.max"})
      host.write(unit + file, text);
    CgroupReader reader(host.root());
    const auto readings = reader.read();
    const CgroupReading* const web = find(readings, "/system.slice/web.service");
    REQUIRE(web);
    CHECK_FALSE(web->cpu_usage_ns);
    CHECK_FALSE(web->cpu_quota_cores);
    CHECK_FALSE(web->memory_bytes);
    CHECK_FALSE(web->pids_limit);
  }
}

TEST_CASE("the real host: our own cgroup is named as /proc/self/cgroup names it") {
  const CgroupMounts mounts = find_cgroup_mounts();
  CgroupReader reader;
  if (mounts.version == 0) {
    CHECK(reader.hierarchy().empty());
    return;
  }
  const std::string text = slurp("/proc/self/cgroup");
  const auto own = parse_pid_cgroup(text, reader.hierarchy());
  REQUIRE(own);
  const CgroupMount* const mount = mounts.find(reader.hierarchy());
  REQUIRE(mount);
  const auto path = path_in_mount(*mount, *own);
  REQUIRE(path);
  const auto id = cgroup_id_of(mount->directory / path->substr(1));
  REQUIRE(id);
  CHECK(reader.path_of(*id) == *path);
  CHECK(find(reader.read(), std::string(*path)));
}
