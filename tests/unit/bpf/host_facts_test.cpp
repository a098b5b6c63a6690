// SPDX-License-Identifier: Apache-2.0
#include "bpf/host_facts.h"

#include <unistd.h>

#include <fstream>

#include "catch.h"

namespace culprit {
namespace {

namespace fs = std::filesystem;

/// A root directory of its own, gone at the end.
class FakeRoot {
 public:
  FakeRoot() {
    std::string name = (fs::temp_directory_path() / "culprit-facts-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()));
    path_ = name;
  }
  FakeRoot(const FakeRoot&) = delete;
  FakeRoot& operator=(const FakeRoot&) = delete;
  ~FakeRoot() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }

  void write(const std::string& file, const std::string& text) const {
    fs::create_directories((path_ / file).parent_path());
    std::ofstream(path_ / file) << text;
  }
  void directory(const std::string& name) const { fs::create_directories(path_ / name); }
  Facts probe() const {
    Facts facts;
    probe_files(facts, path_);
    return facts;
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

}  // namespace

TEST_CASE("cgroups of version 2", "[host_facts]") {
  const FakeRoot root;
  root.write("proc/self/mountinfo",
             "22 1 0:20 / /proc rw - proc proc rw\n"
             "30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
  root.write("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");
  const Facts facts = root.probe();
  CHECK(facts.cgroup_version == 2);
  CHECK(facts.cgroups.available);
  CHECK(facts.unit_hierarchy == "unified");
  CHECK(facts.controllers == std::vector<std::string>{"cpu", "cpuset", "io", "memory", "pids"});
}

TEST_CASE("cgroups of version 1: the fullest tree names units", "[host_facts]") {
  const FakeRoot root;
  root.write("proc/self/mountinfo",
             "31 22 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
             "32 22 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
             "33 22 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
             "34 22 0:30 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n");
  for (const char* name : {"unified", "cpu,cpuacct/a", "memory/a/b", "memory/c", "systemd/x/y/z/w"})
    root.directory(std::string("sys/fs/cgroup/") + name);
  const Facts facts = root.probe();
  CHECK(facts.cgroup_version == 1);
  CHECK(facts.unit_hierarchy == "memory");
  CHECK(facts.controllers == std::vector<std::string>{"cpu", "cpuacct", "memory"});
}

TEST_CASE("an empty root lacks everything and says why", "[host_facts]") {
  const FakeRoot root;
  const Facts facts = root.probe();
  CHECK(facts.cgroup_version == 0);
  CHECK_FALSE(facts.cgroups.available);
  CHECK(facts.unit_hierarchy.empty());
  CHECK_FALSE(facts.pressure.available);
  CHECK(facts.pressure.detail.find("No such file") != std::string::npos);
  CHECK_FALSE(facts.pid_namespace.available);
  CHECK(facts.capabilities_missing.empty());
}

TEST_CASE("capabilities, pressure, machine and namespace are read", "[host_facts]") {
  const FakeRoot root;
  // All but cap_sys_resource (24) and cap_bpf (39).
  root.write("proc/self/status",
             "Name:\tx\nCapPrm:\t0000000000000000\nCapEff:\t0000017ffeffffff\n");
  root.write("proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n");
  root.write("sys/class/dmi/id/sys_vendor", "Amazon EC2\n");
  root.write("sys/class/dmi/id/product_name", "m7i.large\n");
  root.directory("proc/self/ns");
  fs::create_symlink("pid:[4026532100]", root.path() / "proc/self/ns/pid");
  const Facts facts = root.probe();
  CHECK(facts.capabilities_missing == std::vector<std::string>{"cap_bpf", "cap_sys_resource"});
  CHECK(facts.pressure.available);
  CHECK(facts.machine == "Amazon EC2 m7i.large");
  CHECK_FALSE(facts.pid_namespace.available);
}

}  // namespace culprit
