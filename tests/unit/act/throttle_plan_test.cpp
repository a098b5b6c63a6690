// SPDX-License-Identifier: Apache-2.0
#include "act/throttle_plan.h"

#include "act/cgroup_plan.h"
#include "act/thread_plan.h"
#include "catch.h"
#include "unit/collect/fixture.h"

using namespace culprit;

namespace {

const std::string kStat =
    " (worker) R 1 1 1 0 -1 4194304 1 0 0 0 5 5 0 0 20 0 1 0 1000 1 1 1 1 1 1 1 1 1 1 1 1 1 1 17 0 "
    "0 0 0 0 0 0 0 0 0 0 0 0 0\n";

/// A host below a directory, with processes in cgroups.
struct Host {
  explicit Host(int cgroup_version) : version(cgroup_version) {
    files.write("proc/self/mountinfo", version == 1 ? "32 31 0:29 / /cg rw - cgroup cgroup rw,cpu\n"
                                                    : "30 23 0:28 / /cg rw - cgroup2 cgroup2 rw\n");
    files.write("cg/cgroup.controllers", "cpu io memory\n");
    files.write("cg/cgroup.subtree_control", "cpu io memory\n");
    files.write("cg/cgroup.procs", "");
    processes.emplace(version == 1 ? "cpu" : "unified", files.root());
  }
  void add_process(std::uint32_t pid, const std::string& cgroup,
                   const std::string& autogroup = "/autogroup-1") {
    const std::string directory = "proc/" + std::to_string(pid);
    for (const std::string& of : {directory, directory + "/task/" + std::to_string(pid)}) {
      files.write(of + "/stat", std::to_string(pid) + kStat);
      files.write(of + "/cgroup", (version == 1 ? "3:cpu:" : "0::") + cgroup + "\n");
    }
    files.write(directory + "/autogroup", autogroup + " nice 0\n");
    const std::string procs = "cg" + (cgroup == "/" ? "" : cgroup) + "/cgroup.procs";
    files.write(procs, slurp(files.root() / procs) + std::to_string(pid) + "\n");
  }
  void add_unit(const std::string& path) {
    files.write("cg" + path + "/cpu.shares", "1024\n");
    files.write("cg" + path + "/cpu.cfs_quota_us", "-1\n");
    files.write("cg" + path + "/cpu.cfs_period_us", "100000\n");
    if (version == 1) return;
    files.write("cg" + path + "/cpu.weight", "100\n");
    files.write("cg" + path + "/cpu.max", "max 100000\n");
    files.write("cg" + path + "/cpu.max.burst", "0\n");
    files.write("cg" + path + "/memory.high", "max\n");
    files.write("cg" + path + "/memory.current", "104857600\n");
    files.write("cg" + path + "/memory.stat", "anon 52428800\nfile 1\n");
  }
  ThrottleTarget target(std::vector<std::uint32_t> pids) const {
    ThrottleTarget target;
    target.label = {"process", "worker", pids.front(), 1};
    for (const std::uint32_t pid : pids) target.members.push_back(processes->read(pid).value());
    return target;
  }
  Result<ThrottlePlan> plan(const ThrottleTarget& target, const Setting& setting) const {
    return plan_throttle(target, setting,
                         {find_cgroup_mounts(files.root()), files.root(), &*processes}, "r1");
  }
  std::string cgroup(const std::string& path) const {
    return (files.root() / "cg").string() + path;
  }

  int version;
  Fixture files;
  std::optional<ProcessFactsReader> processes;
};

std::string reason(const Result<ThrottlePlan>& plan) {
  return plan ? "it is planned" : plan.error().message;
}

}  // namespace

TEST_CASE("v1: who shares a cgroup gets one of his own below it", "[act]") {
  Host host(1);
  host.add_unit("/a");
  host.add_process(10, "/a");
  host.add_process(11, "/a");
  const auto plan = host.plan(host.target({10}), *parse_weight(Knob::kCpuWeight, "10"));
  REQUIRE(plan);
  CHECK(plan->knob == "cpu weight");
  REQUIRE(plan->changes.size() == 2);
  CHECK(plan->changes[0].place.kind == PlaceKind::kOwnCgroup);
  CHECK(plan->changes[0].place.directory == host.cgroup("/a"));
  CHECK(plan->changes[0].place.home == host.cgroup("/a"));
  CHECK(plan->changes[0].place.file == "culprit-r1");
  CHECK(plan->changes[1].place.directory == host.cgroup("/a/culprit-r1"));
  CHECK(plan->changes[1].place.file == "cpu.shares");
  CHECK(plan->changes[1].intended == "102");
  CHECK(plan->changes[1].goes_with_cgroup);
  const auto members = plan->members();
  REQUIRE(members.size() == 1);
  CHECK(members[0].pid == 10);
}

TEST_CASE("a unit that is the target's alone is written in place", "[act]") {
  for (const int version : {1, 2}) {
    Host host(version);
    host.add_unit("/a");
    host.add_process(10, "/a");
    host.add_process(11, "/a");
    const auto plan = host.plan(host.target({10, 11}), *parse_cpu_quota("20%"));
    REQUIRE(plan);
    REQUIRE_FALSE(plan->changes.empty());
    CHECK(plan->changes[0].place.directory == host.cgroup("/a"));
    CHECK(plan->changes[0].place.file == (version == 1 ? "cpu.cfs" : "cpu.max"));
    CHECK(plan->changes[0].intended == "4000 20000");
    CHECK(plan->changes.size() == (version == 1 ? 1 : 2));
    CHECK_FALSE(plan->members);
  }
}

TEST_CASE("the root of a hierarchy has nothing to be set: an own cgroup below it", "[act]") {
  Host host(1);
  host.add_process(10, "/");
  const auto plan = host.plan(host.target({10}), *parse_cpu_quota("20%"));
  REQUIRE(plan);
  CHECK(plan->changes[0].place.directory == host.cgroup(""));
  CHECK(plan->changes[1].place.file == "cpu.cfs");
}

TEST_CASE("v2: a loose process gets a cgroup of its own only when asked for", "[act]") {
  Host host(2);
  host.add_unit("/a");
  host.add_process(10, "/a");
  host.add_process(11, "/a");
  ThrottleTarget target = host.target({10});
  CHECK(reason(host.plan(target, *parse_cpu_quota("20%"))).find("others are in its cgroup /a") ==
        0);
  target.own_cgroup_wanted = true;
  const auto plan = host.plan(target, *parse_cpu_quota("20%"));
  REQUIRE(plan);
  CHECK(plan->changes[0].place.directory == host.cgroup(""));
  CHECK(plan->changes[0].place.home == host.cgroup("/a"));
  host.files.write("cg/cgroup.subtree_control", "memory\n");
  CHECK(reason(host.plan(target, *parse_cpu_quota("20%"))).find("does not hand the cpu") !=
        std::string::npos);
}

TEST_CASE("memory.high is of version 2, and not below what a unit cannot give back", "[act]") {
  Host old_host(1);
  old_host.add_unit("/a");
  old_host.add_process(10, "/a");
  CHECK(reason(old_host.plan(old_host.target({10}), *parse_memory_high("1G")))
            .find("of cgroup version 2") != std::string::npos);
  Host host(2);
  host.add_unit("/a");
  host.add_process(10, "/a");
  CHECK(host.plan(host.target({10}), *parse_memory_high("96M")));
  CHECK(reason(host.plan(host.target({10}), *parse_memory_high("80M"))).find("would stop it") !=
        std::string::npos);
}

TEST_CASE("processes of several cgroups are throttled one by one", "[act]") {
  Host host(1);
  host.add_unit("/a");
  host.add_unit("/b");
  host.add_process(10, "/a");
  host.add_process(11, "/b");
  CHECK(reason(host.plan(host.target({10, 11}), *parse_cpu_quota("20%"))).find("several cgroups") !=
        std::string::npos);
}

TEST_CASE("nice without anybody else in the group has no effect, and is not done", "[act]") {
  Host host(1);
  host.add_process(10, "/", "/autogroup-1");
  host.add_process(11, "/", "/autogroup-2");
  const auto plan = host.plan(host.target({10}), *parse_nice("10"));
  CHECK(reason(plan).find("nobody else is in /autogroup-1") != std::string::npos);
  host.add_unit("/a");
  host.add_process(12, "/a", "/autogroup-1");
  // Who is in a cgroup is in no autogroup.
  CHECK_FALSE(host.plan(host.target({10}), *parse_nice("10")));
  CHECK(scheduling_group(host.processes->read(12).value()) == "/a");
}

TEST_CASE("I/O classes need a scheduler that looks at them", "[act]") {
  Host host(1);
  host.add_process(10, "/");
  host.files.write("sys/block/vda/queue/scheduler", "[none] mq-deadline\n");
  CHECK(reason(host.plan(host.target({10}), *parse_io_class("idle"))).find("no disk") !=
        std::string::npos);
}

TEST_CASE("weights of disks need a scheduler or a cost model that looks at them", "[act]") {
  Host host(2);
  host.add_unit("/a");
  host.add_process(10, "/a");
  host.files.write("cg/a/io.weight", "default 100\n");
  host.files.write("sys/block/vda/queue/scheduler", "[none] mq-deadline bfq\n");
  const Setting weight = *parse_weight(Knob::kIoWeight, "10");
  CHECK(reason(host.plan(host.target({10}), weight)).find("it would have no effect") == 0);
  host.files.write("cg/io.cost.qos", "254:0 enable=0 ctrl=auto\n");
  CHECK_FALSE(host.plan(host.target({10}), weight));
  host.files.write("cg/io.cost.qos", "254:0 enable=1 ctrl=auto\n");
  CHECK(host.plan(host.target({10}), weight));
  host.files.write("cg/io.cost.qos", "");
  host.files.write("sys/block/vda/queue/scheduler", "none mq-deadline [bfq]\n");
  CHECK(host.plan(host.target({10}), weight));
}

TEST_CASE("a quota has a period that the kernel takes", "[act]") {
  CHECK(quota_text(0.2) == "4000 20000");
  CHECK(quota_text(1.5) == "30000 20000");
  CHECK(quota_text(0.03) == "3000 100000");
  CHECK(quota_text(0.01) == "1000 100000");
}
