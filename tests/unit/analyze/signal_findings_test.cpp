// SPDX-License-Identifier: Apache-2.0
// Findings about limits, settings, names, storage and jobs.
#include "catch.h"
#include "unit/analyze/judged.h"

using namespace culprit;
using Ids = std::vector<std::string>;

namespace {

template <typename Change>
Judgement judge_after(Change&& change, double seconds = 60) {
  Snapshot snapshot = healthy_snapshot();
  change(snapshot);
  return judged(std::move(snapshot), seconds);
}

template <typename Change>
Ids found(Change&& change, double seconds = 60) {
  return ids_of(judge_after(std::forward<Change>(change), seconds));
}

UnitRow unit_of(const ProcessRow& process) {
  UnitRow unit;
  unit.path = *process.cgroup;
  unit.name = *process.unit;
  unit.process_count = 1;
  return unit;
}

}  // namespace

TEST_CASE("limits.processes: of a unit, with who has them", "[limits]") {
  const auto with = [](std::uint64_t pids) {
    return [pids](Snapshot& s) {
      s.processes[2].thread_count = 850;
      s.units = {unit_of(s.processes[2])};
      s.units[0].pids = pids;
      s.units[0].pids_limit = 1000;
    };
  };
  CHECK(found(with(700)).empty());
  const Judgement judgement = judge_after(with(900));
  const Finding* finding = find(judgement, "limits.processes");
  REQUIRE(finding);
  CHECK(finding->severity == Severity::kWarning);
  CHECK(finding->target.kind == TargetKind::kUnit);
  CHECK(finding->summary ==
        "backup.service has 900 of the 1000 processes and threads that TasksMax allows; most: "
        "backup 850");
  CHECK(find(judge_after(with(960)), "limits.processes")->severity == Severity::kCritical);
}

TEST_CASE("limits.processes: of a user, but not of root, nor of who may have a handful",
          "[limits]") {
  const auto with = [](std::uint32_t uid, std::uint32_t threads, std::uint64_t limit) {
    return [=](Snapshot& s) {
      s.processes[0].uid = uid;
      s.processes[0].user = "alice";
      s.processes[0].thread_count = threads;
      s.processes[0].process_limit = limit;
    };
  };
  CHECK(found(with(0, 900, 1000)).empty());
  CHECK(found(with(74, 1, 1)).empty());
  CHECK(found(with(74, 500, 1000)).empty());
  const Judgement judgement = judge_after(with(74, 900, 1000));
  REQUIRE(find(judgement, "limits.processes"));
  CHECK(find(judgement, "limits.processes")->target.pid == 100u);
  CHECK(find(judgement, "limits.processes")->summary.starts_with("alice has 900 of the 1000"));
}

TEST_CASE("limits.processes: of the host, by the lower of its two limits", "[limits]") {
  const Judgement judgement = judge_after([](Snapshot& s) {
    s.system.thread_count = 30'000;
    s.system.settings.threads_max = 100'000;
    s.system.settings.pid_max = 32'768;
  });
  REQUIRE(find(judgement, "limits.processes"));
  CHECK(find(judgement, "limits.processes")->target.kind == TargetKind::kHost);
  CHECK(find(judgement, "limits.processes")->summary.find("kernel.pid_max") != std::string::npos);
}

TEST_CASE("limits.ephemeral_ports: towards whom, and who connects there", "[limits]") {
  const auto with = [](std::uint64_t used) {
    return [used](Snapshot& s) {
      s.system.ports = {{"10.0.0.1", s.services[0].address, used, used / 2, 28'232}};
    };
  };
  CHECK(found(with(20'000)).empty());
  const Judgement judgement = judge_after(with(24'000));
  REQUIRE(ids_of(judgement) == Ids{"limits.ephemeral_ports"});
  const Finding& finding = judgement.findings[0];
  CHECK(finding.target.name == "10.0.0.9:6379");
  REQUIRE(finding.victims.size() == 1);
  CHECK(finding.victims[0].pid == 100u);
  CHECK(finding.summary ==
        "24 k of 28.2 k local ports are taken by connections to 10.0.0.9:6379, 12 k of them closed "
        "already");
}

TEST_CASE("kernel.settings: none without a symptom", "[limits]") {
  const auto set = [](Snapshot& s) {
    s.system.settings.somaxconn = 128;
    s.system.settings.swappiness = 60;
    s.system.settings.dirty_ratio = 40;
    s.system.settings.files_open = 1000;
    s.system.settings.files_max = 100'000;
  };
  CHECK(found(set).empty());

  SECTION("somaxconn holds a queue that drops connections") {
    const auto overflow = [&](std::uint64_t backlog) {
      return [&, backlog](Snapshot& s) {
        set(s);
        s.processes[0].listen_overflows = 50;
        s.processes[0].accept_queue_ratio = 1;
        s.processes[0].accept_backlog = backlog;
      };
    };
    CHECK(found(overflow(64)) == Ids{"limits.listen_overflow"});
    const Judgement judgement = judge_after(overflow(128));
    const Finding* finding = find(judgement, "kernel.settings");
    REQUIRE(finding);
    CHECK(finding->severity == Severity::kInfo);
    CHECK(finding->target.id == "net.core.somaxconn");
    CHECK(advice(judgement, "kernel.settings")->actions[0].starts_with("Set 4096"));
  }
  SECTION("swappiness while swap is read and there is cache to spare") {
    CHECK(found([&](Snapshot& s) {
            set(s);
            s.system.paging.swapped_in = 5000;
          }) == Ids{"kernel.settings"});
    CHECK(found([&](Snapshot& s) {
            set(s);
            s.system.settings.swappiness = 10;
            s.system.paging.swapped_in = 5000;
          }).empty());
  }
  SECTION("writers are held back, and the disks need long for what is to be written") {
    const auto held = [&](std::uint64_t written) {
      return [&, written](Snapshot& s) {
        set(s);
        s.system.io_pressure = Pressure{0.5, 0.2};
        s.system.paging.dirty_bytes = 4ull << 30;
        s.system.paging.dirty_limit_bytes = 5ull << 30;
        s.system.paging.dirty_background_bytes = 2ull << 30;
        s.system.disks[0].write_bytes = written;
      };
    };
    CHECK(found(held(100ull << 30)).empty());
    CHECK(found(held(1ull << 30)) == Ids{"kernel.settings"});
  }
  SECTION("files run out") {
    const Judgement judgement = judge_after([&](Snapshot& s) {
      set(s);
      s.system.settings.files_open = 97'000;
    });
    REQUIRE(find(judgement, "kernel.settings"));
    CHECK(find(judgement, "kernel.settings")->severity == Severity::kCritical);
  }
}

TEST_CASE("dns.slow: late answers and failures, but not names that do not exist", "[dns]") {
  const auto with = [](std::uint64_t failures, std::uint64_t not_found, double p95) {
    return [=](Snapshot& s) {
      LookupRow row;
      row.process = {s.processes[0].id, "web"};
      row.server = "127.0.0.53:53";
      row.lookups = 100;
      row.failures = failures;
      row.not_found = not_found;
      row.latency = Latency{100, p95 / 2, p95 / 2, p95, p95, p95};
      row.names = {{"db.internal", 100, failures, p95 * 50}};
      s.lookups = {row};
    };
  };
  CHECK(found(with(0, 0, 0.002)).empty());
  CHECK(found(with(2, 0, 0.002)).empty());
  CHECK(found(with(0, 90, 0.002)).empty());
  CHECK(found(with(10, 0, 0.002)) == Ids{"dns.slow"});
  const Judgement judgement = judge_after(with(0, 0, 0.4));
  REQUIRE(ids_of(judgement) == Ids{"dns.slow"});
  CHECK(judgement.findings[0].target.pid == 100u);
  CHECK(judgement.findings[0].summary.find("db.internal 100 of 200 ms") != std::string::npos);
}

TEST_CASE("service.retry_storm: several requests, sent three times and more, most of which fail",
          "[retry]") {
  const auto with = [](std::uint64_t requests, std::uint64_t attempts, std::uint64_t errors) {
    return [=](Snapshot& s) {
      s.services[0].protocol = "http";
      s.services[0].retried_requests = requests;
      s.services[0].retry_attempts = attempts;
      s.services[0].errors = errors;
      s.services[0].retriers = s.services[0].users;
    };
  };
  CHECK(found(with(0, 0, 20)).empty());
  CHECK(found(with(1, 40, 40)) == Ids{"service.unhealthy"});
  const Judgement judgement = judge_after(with(40, 200, 200));
  REQUIRE(find(judgement, "service.retry_storm"));
  CHECK(find(judgement, "service.retry_storm")->victims[0].pid == 100u);
}

TEST_CASE("cache.uncached_query: the same arguments often, and a reply that stays", "[repeat]") {
  const auto with = [](std::uint64_t repeated, const char* operation) {
    return [=](Snapshot& s) {
      s.queries[0].operation = operation;
      s.queries[0].repeated_calls = repeated;
      s.queries[0].repeated_seconds = static_cast<double>(repeated) * 0.001;
    };
  };
  CHECK(found(with(90, "SELECT")).empty());
  CHECK(found(with(1000, "UPDATE")).empty());
  const Judgement judgement = judge_after(with(1000, "SELECT"));
  REQUIRE(ids_of(judgement) == Ids{"cache.uncached_query"});
  CHECK(judgement.findings[0].victims[0].pid == 100u);
}

TEST_CASE("disk.sync_stall: one who answers, not a backup", "[sync]") {
  const auto with = [](std::size_t process, double p99) {
    return [=](Snapshot& s) {
      s.processes[process].sync_latency = Latency{40, p99 / 2, p99 / 4, p99, p99, p99};
    };
  };
  CHECK(found(with(0, 0.01)).empty());
  CHECK(found(with(2, 0.3)).empty());
  CHECK(found(with(0, 0.3)) == Ids{"disk.sync_stall"});
}

TEST_CASE("memory.cache_thrash: a scan of a tenth of memory, and one who reads again", "[scan]") {
  const auto with = [](std::uint64_t read, std::uint64_t refaults, double wait) {
    return [=](Snapshot& s) {
      s.processes[2].recent_read_bytes = read;
      s.system.paging.file_refaults = refaults;
      (*s.processes[0].usage.blocked_seconds)[BLOCKED_DISK] = wait;
    };
  };
  CHECK(found(with(8ull << 30, 20'000, 0)).empty());
  CHECK(found(with(8ull << 30, 10, 2)).empty());
  CHECK(found(with(1ull << 30, 20'000, 2)).empty());
  const Judgement judgement = judge_after(with(8ull << 30, 20'000, 2));
  REQUIRE(ids_of(judgement) == Ids{"memory.cache_thrash"});
  CHECK(judgement.findings[0].target.name == "backup");
  CHECK(judgement.findings[0].victims[0].name == "web");

  // Nothing of the victim's own unit was read again.
  CHECK(found([&](Snapshot& s) {
          with(8ull << 30, 20'000, 2)(s);
          s.units = {unit_of(s.processes[0])};
          s.units[0].file_refaults = 0;
        }).empty());
  // A limit that both are under is what they share.
  CHECK(found([&](Snapshot& s) {
          with(200u << 20, 20'000, 2)(s);
          UnitRow slice;
          slice.path = "/system.slice";
          slice.memory_limit_bytes = 1u << 30;
          s.units = {slice};
        }) == Ids{"memory.cache_thrash"});
}

TEST_CASE("ec2.limits: a counter of an allowance moves", "[ec2]") {
  const Judgement judgement = judge_after([](Snapshot& s) {
    s.system.allowances = {{"eth0", "bw_out_allowance_exceeded", 900}};
  });
  REQUIRE(ids_of(judgement) == Ids{"ec2.limits"});
  CHECK(judgement.findings[0].target.kind == TargetKind::kDevice);
  CHECK(judgement.findings[0].summary.starts_with("bw_out_allowance_exceeded of eth0 moves by 90"));
}

TEST_CASE("cpu.synchronised_jobs: those who answer wait when they start, and only then", "[jobs]") {
  const auto with = [](double then, double otherwise) {
    return [=](Snapshot& s) {
      StartGroupRow group;
      for (const char* name : {"a", "b", "c"})
        group.members.push_back({name, name, {s.processes[2].id, "backup"}});
      group.times = 4;
      group.spread_seconds = 1;
      group.wait_ratio_then = then;
      group.wait_ratio_else = otherwise;
      s.start_groups = {group};
    };
  };
  CHECK(found(with(0.02, 0.001)).empty());
  CHECK(found(with(0.2, 0.15)).empty());
  CHECK(found(with(0.2, 0.01)) == Ids{"cpu.synchronised_jobs"});
}
