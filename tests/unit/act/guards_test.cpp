// SPDX-License-Identifier: Apache-2.0
#include "act/guards.h"

#include <algorithm>

#include "act/history_guards.h"
#include "act/socket_peers.h"
#include "catch.h"
#include "unit/collect/fixture.h"

using namespace culprit;

namespace {

ProcessFacts process(std::uint32_t pid, const std::string& executable) {
  ProcessFacts facts;
  facts.id = {pid, pid, 1000};
  facts.parent_pid = 1;
  facts.name = "worker";
  facts.executable = executable;
  facts.oom_score_adj = 0;
  facts.cpu_cgroup = "/a";
  return facts;
}

GuardContext context() {
  GuardContext context;
  context.now_ticks = 1'000'000;
  context.own_executable = "/usr/bin/culprit";
  return context;
}

/// Names of the vetoes; absolute ones with a "!".
std::vector<std::string> names(const ProcessFacts& facts, const GuardContext& known,
                               const std::string& unit = "batch.service") {
  std::vector<std::string> names;
  for (const Veto& veto : vetoes_of(facts, unit, known))
    names.push_back(veto.name + (veto.absolute ? "!" : ""));
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("nothing speaks against an ordinary process", "[act]") {
  CHECK(names(process(50, "/usr/bin/python3"), context()).empty());
}

TEST_CASE("what a host needs is protected by executable, never by part of a name", "[act]") {
  CHECK(names(process(1, "/sbin/foo"), context()) == Names{"protected!"});
  CHECK(names(process(50, "/usr/sbin/sshd"), context()) == Names{"protected!"});
  CHECK(names(process(50, "/usr/sbin/sshd (deleted)"), context()) == Names{"protected!"});
  CHECK(names(process(50, "/usr/bin/containerd-shim-runc-v2"), context()) == Names{"protected!"});
  CHECK(names(process(50, "/usr/bin/culprit"), context()) == Names{"protected!"});
  CHECK(names(process(50, "/opt/sshd-exporter"), context()).empty());
  CHECK(names(process(50, "/opt/mysshd"), context()).empty());
  CHECK(names(process(50, "/opt/sshd/worker"), context()).empty());
  ProcessFacts kernel = process(2, "");
  kernel.kernel_thread = true;
  CHECK(names(kernel, context()) == Names{"protected!"});
}

TEST_CASE("units are protected as a whole name", "[act]") {
  CHECK(names(process(50, "/a/b"), context(), "ssh.service") == Names{"protected_unit"});
  CHECK(names(process(50, "/a/b"), context(), "session-4.scope") == Names{"protected_unit"});
  CHECK(names(process(50, "/a/b"), context(), "my-ssh.service").empty());
  CHECK(names(process(50, "/a/b"), context(), "/").empty());
  CHECK(is_protected_unit("system.slice"));
  CHECK_FALSE(is_protected_unit("system.slice.old"));
}

TEST_CASE("databases, peers, lock holders and real time are vetoed but for a person", "[act]") {
  CHECK(names(process(50, "/usr/lib/postgresql/15/bin/postgres"), context()) == Names{"database"});
  GuardContext known = context();
  known.database_servers = {50};
  CHECK(names(process(50, "/opt/own-db"), known) == Names{"database"});
  known = context();
  known.victim_peers = {50};
  CHECK(names(process(50, "/a"), known) == Names{"dependency"});
  known = context();
  known.lock_holders = {50};
  CHECK(names(process(50, "/a"), known) == Names{"lock_holder"});
  ProcessFacts facts = process(50, "/a");
  facts.real_time = true;
  CHECK(names(facts, context()) == Names{"real_time"});
  facts = process(50, "/a");
  facts.oom_score_adj = -1000;
  CHECK(names(facts, context()) == Names{"oom_protected"});
}

TEST_CASE("ancestors of us never, of the victim only on a person's word", "[act]") {
  GuardContext known = context();
  known.ours = {50};
  CHECK(names(process(50, "/bin/bash"), known) == Names{"ancestor!"});
  known = context();
  known.victim_ancestors = {50};
  CHECK(names(process(50, "/bin/bash"), known) == Names{"ancestor"});
}

TEST_CASE("who is younger than three seconds is left alone", "[act]") {
  GuardContext known = context();
  known.now_ticks = 1000 + 299;
  CHECK(names(process(50, "/a"), known) == Names{"young"});
  // Of a fork storm everybody is young, and of a build most.
  known.young_may_be_held = true;
  CHECK(names(process(50, "/a"), known).empty());
  known.young_may_be_held = false;
  known.now_ticks = 1000 + 300;
  CHECK(names(process(50, "/a"), known).empty());
}

TEST_CASE("budgets and other writers are told by the journal", "[act]") {
  constexpr std::int64_t kMinute = 60'000'000'000;
  const LeaseTarget target{"process", "worker", 50, 7};
  const std::vector<ProcessFacts> members = {process(50, "/a")};
  const auto vetoes = [&](const std::vector<Lease>& leases) {
    Names found;
    for (const Veto& veto : history_vetoes(leases, target, members, 1000 * kMinute))
      found.push_back(veto.name);
    return found;
  };
  CHECK(vetoes({}).empty());

  Lease other;
  other.target = {"process", "other", 60, 7};
  other.applied_wall_ns = 999 * kMinute;
  CHECK(vetoes({other, other}).empty());
  CHECK(vetoes({other, other, other}) == Names{"budget"});
  other.closed_because = "done";
  CHECK(vetoes(std::vector<Lease>(19, other)).empty());
  CHECK(vetoes(std::vector<Lease>(20, other)) == Names{"budget"});
  other.applied_wall_ns = 900 * kMinute;
  CHECK(vetoes(std::vector<Lease>(20, other)).empty());

  Lease same;
  same.target = target;
  same.applied_wall_ns = 980 * kMinute;
  same.closed_because = "done";
  CHECK(vetoes({same, same}).empty());
  CHECK(vetoes({same, same, same}) == Names{"budget"});
  same.applied_wall_ns = 960 * kMinute;
  CHECK(vetoes({same, same, same}).empty());

  Lease foreign = same;
  foreign.changes.resize(1);
  foreign.changes[0].place.directory = "/sys/fs/cgroup/cpu/a";
  foreign.changes[0].undone = Undone{UndoOutcome::kForeign, "5"};
  foreign.closed_wall_ns = 995 * kMinute;
  CHECK(vetoes({foreign}) == Names{"other_writer"});
  foreign.closed_wall_ns = 980 * kMinute;
  CHECK(vetoes({foreign}).empty());
  foreign.closed_wall_ns = 995 * kMinute;
  foreign.changes[0].place.directory = "/sys/fs/cgroup/cpu/b";
  CHECK(vetoes({foreign}).empty());
}

TEST_CASE("holders of file locks are those for which somebody waits", "[act]") {
  CHECK(parse_lock_holders("1: POSIX  ADVISORY  WRITE 812 08:01:77 0 EOF\n"
                           "2: FLOCK  ADVISORY  WRITE 900 08:01:78 0 EOF\n"
                           "2: -> FLOCK  ADVISORY  WRITE 901 08:01:78 0 EOF\n") ==
        std::set<std::uint32_t>{900});
  for (const std::string& garbage : garbage_texts()) CHECK(parse_lock_holders(garbage).empty());
}

TEST_CASE("connections are those that are established, with both ends", "[act]") {
  const std::string head =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
      "inode\n";
  const auto found = parse_connections(
      head +
      "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0 0 11 1\n"
      "   1: 0100007F:1F90 0100007F:C001 01 00000000:00000000 00:00000000 00000000  0 0 12 1\n"
      "   2: 0000000000000000FFFF00000100007F:C001 0000000000000000FFFF00000100007F:1F90 01 "
      "00000000:00000000 00:00000000 00000000  0 0 13 1\n");
  REQUIRE(found.size() == 2);
  CHECK(found.at(12) == SocketEnds{"0100007F:1F90", "0100007F:C001"});
  CHECK(found.at(13) == SocketEnds{"0100007F:C001", "0100007F:1F90"});
  for (const std::string& garbage : garbage_texts()) CHECK(parse_connections(garbage).empty());
}

TEST_CASE("peers are found by the sockets of both sides", "[act]") {
  Fixture host;
  const std::string line = " 00000000:00000000 00:00000000 00000000  0 0 ";
  for (const char* pid : {"10", "20"}) {
    host.write(std::string("proc/") + pid + "/net/tcp",
               "head\n 1: 0100007F:1F90 0100007F:C001 01" + line +
                   "12 1\n 2: 0100007F:C001 0100007F:1F90 01" + line + "13 1\n");
  }
  host.link("proc/10/fd/3", "socket:[12]");
  host.link("proc/20/fd/4", "socket:[13]");
  host.link("proc/30/fd/4", "socket:[99]");
  CHECK(find_peers({10}, {20, 30}, host.root()) == std::set<std::uint32_t>{20});
  CHECK(find_peers({20}, {10}, host.root()) == std::set<std::uint32_t>{10});
  CHECK(find_peers({10}, {10}, host.root()).empty());
}

TEST_CASE("a process has descendants and ancestors", "[act]") {
  const std::map<std::uint32_t, std::uint32_t> parents = {{2, 1}, {3, 2}, {4, 3}, {5, 1}, {6, 6}};
  CHECK(with_descendants(parents, {2, 4}) == std::vector<std::uint32_t>{2, 4, 3});
  CHECK(with_ancestors(parents, 4) == std::set<std::uint32_t>{1, 2, 3, 4});
  CHECK(with_ancestors(parents, 6) == std::set<std::uint32_t>{6});
}
