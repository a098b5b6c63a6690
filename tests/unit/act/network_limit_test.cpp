// SPDX-License-Identifier: Apache-2.0
#include "act/network_limit.h"

#include "act/network_plan.h"
#include "act/remedy.h"
#include "catch.h"
#include "unit/act/scene.h"
#include "unit/collect/fixture.h"

using namespace culprit;

namespace {

constexpr char kStat[] =
    " (worker) R 1 1 1 0 -1 4194304 1 0 0 0 5 5 0 0 20 0 1 0 1000 1 1 1 1 1 1 1 1 1 1 1 1 1 1 17 0 "
    "0 0 0 0 0 0 0 0 0 0 0 0 0\n";

/// A hybrid host: the cpu controller on version 1, version 2 without any.
struct HybridHost {
  HybridHost() {
    files.write("proc/self/mountinfo",
                "32 31 0:29 / /cg rw - cgroup cgroup rw,cpu\n"
                "30 23 0:28 / /u rw - cgroup2 cgroup2 rw\n");
    files.write("u/cgroup.controllers", "\n");
    files.write("u/cgroup.procs", "");
    files.write("cg/cgroup.procs", "10\n11\n");
  }
  void add_process(std::uint32_t pid, const std::string& cgroup) {
    const std::string directory = "proc/" + std::to_string(pid);
    for (const std::string& of : {directory, directory + "/task/" + std::to_string(pid)}) {
      files.write(of + "/stat", std::to_string(pid) + kStat);
      files.write(of + "/cgroup", "3:cpu:/\n0::" + cgroup + "\n");
    }
    const std::string procs = "u" + (cgroup == "/" ? "" : cgroup) + "/cgroup.procs";
    files.write(procs, slurp(files.root() / procs) + std::to_string(pid) + "\n");
  }
  Result<ThrottlePlan> plan(std::vector<std::uint32_t> pids, const Setting& setting) const {
    const ProcessFactsReader processes("cpu", files.root());
    ThrottleTarget target;
    target.label = {"process", "worker", pids.front(), 1};
    for (const std::uint32_t pid : pids) target.members.push_back(processes.read(pid).value());
    return plan_throttle(target, setting,
                         {find_cgroup_mounts(files.root()), files.root(), &processes}, "r1");
  }
  std::string cgroup(const std::string& path) const { return (files.root() / "u").string() + path; }

  Fixture files;
};

}  // namespace

TEST_CASE("A limit of sockets is the same after it went through the kernel's map", "[act]") {
  for (const char* text : {"deny 10.0.0.1:5432", "deny [2001:db8::1]:80", "connects 5/s",
                           "connects 1000000/s", "egress 1024/s", "egress 4000000000/s"}) {
    INFO(text);
    const auto limit = parse_network_limit(text);
    REQUIRE(limit);
    CHECK(network_limit_text(*limit) == text);
  }
}

TEST_CASE("What is no limit of sockets is none", "[act]") {
  for (const char* text :
       {"", "none", "deny", "deny ", "deny 10.0.0.1", "deny 10.0.0.1:0", "deny 10.0.0.1:65536",
        "deny localhost:80", "deny [::1:80", "deny ::1:80", "connects 0/s", "connects -1/s",
        "connects 1000001/s", "egress 1023/s", "egress 4000000001/s", "egress 1M/s"}) {
    INFO(text);
    CHECK_FALSE(parse_network_limit(text));
  }
}

TEST_CASE("Arguments for sockets are taken as people write them", "[act]") {
  CHECK(network_value(*parse_deny_connect("127.0.0.1:5432")) == "deny 127.0.0.1:5432");
  CHECK(network_value(*parse_deny_connect("[0:0::1]:80")) == "deny [::1]:80");
  CHECK(network_value(*parse_connect_rate("5")) == "connects 5/s");
  CHECK(network_value(*parse_egress("1M")) == "egress 1048576/s");
  CHECK(network_value(*parse_egress("1M/s")) == "egress 1048576/s");
  CHECK_FALSE(parse_deny_connect("db.example:5432"));
  CHECK_FALSE(parse_connect_rate("5/m"));
  CHECK_FALSE(parse_egress("1"));
  CHECK_FALSE(parse_egress("1T"));
}

TEST_CASE("Who shares a cgroup of version 2 is limited in one of his own below it", "[act]") {
  HybridHost host;
  host.add_process(10, "/a");
  host.add_process(11, "/a");
  const auto plan = host.plan({10}, *parse_deny_connect("10.0.0.1:80"));
  REQUIRE(plan);
  REQUIRE(plan->changes.size() == 2);
  CHECK(plan->changes[0].place.kind == PlaceKind::kOwnCgroup);
  CHECK(plan->changes[0].place.directory == host.cgroup("/a"));
  CHECK(plan->changes[0].place.home == host.cgroup("/a"));
  CHECK(plan->changes[1].place.kind == PlaceKind::kNetwork);
  CHECK(plan->changes[1].place.directory == host.cgroup("/a/culprit-r1"));
  CHECK(plan->changes[1].intended == "deny 10.0.0.1:80");
  CHECK_FALSE(plan->changes[1].goes_with_cgroup);
  REQUIRE(plan->members);
  CHECK(plan->members().size() == 1);
}

TEST_CASE("A cgroup of version 2 that is the target's alone is limited as it is", "[act]") {
  HybridHost host;
  host.add_process(10, "/a");
  host.add_process(11, "/a");
  const auto plan = host.plan({10, 11}, *parse_egress("1M"));
  REQUIRE(plan);
  REQUIRE(plan->changes.size() == 1);
  CHECK(plan->changes[0].place.directory == host.cgroup("/a"));
  CHECK(plan->changes[0].place.inode != 0);
  CHECK_FALSE(plan->members);
}

TEST_CASE("Of who uses a server that fails only work in the background is refused", "[act]") {
  Recommendation recommendation;
  recommendation.finding = "service.unhealthy";
  recommendation.target = {TargetKind::kService, "10.0.0.1:80", {}, {}, "10.0.0.1:80"};
  const auto setting = remedy_of(recommendation);
  REQUIRE(setting);
  CHECK(network_value(*setting) == "deny 10.0.0.1:80");
  Scene scene;
  Snapshot snapshot = scene.snapshot();
  snapshot.services.emplace_back().address = "10.0.0.1:80";
  std::vector<ProcessName>& users = snapshot.services.front().users;
  users.push_back({Scene::kVictim, "web"});
  Tracks tracks;
  tracks.add(snapshot, 1'000'000'000);
  CHECK(orders_of(recommendation, snapshot, tracks).empty());
  users.push_back({Scene::kSuspect, "job"});
  const auto orders = orders_of(recommendation, snapshot, tracks);
  REQUIRE(orders.size() == 1);
  CHECK(orders[0].processes == std::vector{Scene::kSuspect});
  CHECK(orders[0].victims.empty());
  recommendation.target.name = "/run/a.sock";
  CHECK_FALSE(remedy_of(recommendation));
}
