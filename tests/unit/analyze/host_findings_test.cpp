// SPDX-License-Identifier: Apache-2.0
#include "catch.h"
#include "unit/analyze/judged.h"

using namespace culprit;
using Ids = std::vector<std::string>;

namespace {

/// The backup runs four times over and the web server waits for it.
Snapshot contended() {
  Snapshot snapshot = healthy_snapshot();
  snapshot.system.cpu->utilization_ratio = 0.99;
  snapshot.system.run_queue_seconds = 60;
  snapshot.system.run_queue_latency->p99_seconds = 0.05;
  ProcessRow& web = snapshot.processes[0];
  web.usage.run_queue_seconds = 4;
  web.delayed_by = {{300, "backup", 3.2}, {200, "postgres", 0.3}};
  snapshot.processes[2].usage.cpu_seconds = 30;
  return snapshot;
}

/// The worst that the rules say of one change to a healthy host.
template <typename Change>
Ids found(Change&& change, double seconds = 60) {
  Snapshot snapshot = healthy_snapshot();
  change(snapshot);
  return ids_of(judged(std::move(snapshot), seconds));
}

}  // namespace

TEST_CASE("a healthy host: no finding, no recommendation, a score of 100") {
  const Judgement judgement = judged(healthy_snapshot(), 120);
  CHECK(ids_of(judgement) == Ids{});
  CHECK(judgement.recommendations.empty());
  CHECK(judgement.score.value == 100);
}

TEST_CASE("a batch machine at 100 % with nobody waiting is told as information only") {
  Snapshot snapshot = healthy_snapshot();
  snapshot.system.cpu->utilization_ratio = 1;
  snapshot.system.run_queue_seconds = 80;
  snapshot.system.run_queue_latency->p99_seconds = 0.2;
  snapshot.processes[2].usage.cpu_seconds = 33;
  snapshot.processes[2].usage.run_queue_seconds = 75;
  const Judgement judgement = judged(snapshot, 60);
  REQUIRE(ids_of(judgement) == Ids{"cpu.saturated"});
  CHECK(judgement.findings[0].severity == Severity::kInfo);
  CHECK(judgement.score.value == 99);
}

TEST_CASE("background contention: one finding with suspect, victim and numbers, no symptoms") {
  Snapshot snapshot = contended();
  snapshot.endpoints[0].latency->p95_seconds = 3;
  const Judgement judgement = judged(snapshot);
  REQUIRE(ids_of(judgement) == Ids{"cpu.background_contention"});
  const Finding& finding = judgement.findings[0];
  CHECK(finding.severity == Severity::kCritical);
  CHECK(finding.target.pid == 300u);
  CHECK(finding.target.kind == TargetKind::kProcess);
  REQUIRE(finding.victims.size() == 2);
  CHECK(finding.victims[0].pid == 100u);
  CHECK(finding.victims[1].name == "GET /orders/{id}");
  CHECK(finding.summary ==
        "backup (300) uses 3 CPUs while web (100) waits for a CPU: 80 % of that wait is behind it");
  CHECK(finding.explains == Ids{"cpu.saturated", "cpu.overcommitted", "http.slow_endpoint"});
  REQUIRE(finding.evidence.size() >= 2);
  CHECK(finding.evidence[0].metric == "contention.suspect.answers");
  const Recommendation* what = advice(judgement, "cpu.background_contention");
  REQUIRE(what);
  CHECK(what->priority == Priority::kCritical);
  CHECK(what->actions[0] ==
        "Lower its CPU weight: systemctl set-property --runtime backup.service CPUWeight=20");
  CHECK(what->saved_ratio == Approx(0.32));
}

TEST_CASE("no contention where the suspect answers requests, or the wait is short") {
  Snapshot serving = contended();
  serving.processes[2].process_class = Class::kForeground;
  CHECK_FALSE(find(judged(serving), "cpu.background_contention"));
  Snapshot brief = contended();
  brief.processes[0].usage.run_queue_seconds = 0.2;
  brief.processes[0].delayed_by = {{300, "backup", 0.15}};
  CHECK_FALSE(find(judged(brief), "cpu.background_contention"));
}

TEST_CASE("workers of one name in one unit are one suspect") {
  Snapshot snapshot = contended();
  ProcessRow& web = snapshot.processes[0];
  web.delayed_by.clear();
  for (std::uint32_t pid = 400; pid < 404; ++pid) {
    ProcessRow row = snapshot.processes[2];
    row.id = {pid, pid};
    row.usage.cpu_seconds = 7;
    snapshot.processes.push_back(row);
    snapshot.processes[0].delayed_by.push_back({pid, "backup", 0.8});
  }
  const Judgement judgement = judged(snapshot);
  REQUIRE(find(judgement, "cpu.background_contention"));
  CHECK(ids_of(judgement) == Ids{"cpu.background_contention"});
}

TEST_CASE("what a script starts and is soon gone is told of the script") {
  Snapshot snapshot = contended();
  snapshot.processes[2].usage.cpu_seconds = 0.1;
  ProcessRow script = snapshot.processes[2];
  script.id = {400, 400};
  script.name = "sh";
  snapshot.processes.push_back(script);
  snapshot.processes[0].delayed_by.clear();
  for (std::uint32_t pid = 401; pid < 421; ++pid) {
    ProcessRow job = snapshot.processes[2];
    job.id = {pid, pid};
    job.parent_pid = 400;
    job.name = pid % 2 ? "sha256sum" : "head";
    job.usage.cpu_seconds = 1;
    if (pid < 420) job.exited = Exited{0, {}};
    snapshot.processes.push_back(job);
    snapshot.processes[0].delayed_by.push_back({pid, job.name, 0.15});
  }
  SECTION("in a unit that answers nothing") {}
  SECTION("in a session") {
    for (ProcessRow& row : snapshot.processes)
      if (row.id.pid >= 400)
        row.unit = "session-1.scope", row.cgroup = "/user.slice/session-1.scope";
  }
  const Judgement judgement = judged(snapshot);
  const Finding* finding = find(judgement, "cpu.background_contention");
  REQUIRE(finding);
  CHECK(finding->target.pid == 400u);
}

TEST_CASE("of workers that take turns the same one stands for them") {
  Snapshot snapshot = contended();
  snapshot.processes[2].usage.cpu_seconds = 0.1;
  snapshot.processes[0].delayed_by.clear();
  for (std::uint32_t pid = 400; pid < 404; ++pid) {
    ProcessRow row = snapshot.processes[2];
    row.id = {pid, pid};
    row.usage.cpu_seconds = 6.0 + pid % 4;
    snapshot.processes.push_back(row);
    snapshot.processes[0].delayed_by.push_back({pid, "backup", 0.8});
  }
  const Judgement judgement = judged(snapshot);
  const Finding* finding = find(judgement, "cpu.background_contention");
  REQUIRE(finding);
  CHECK(finding->target.pid == 400u);
}

TEST_CASE("rules of the host's CPUs") {
  CHECK(found([](Snapshot& s) { s.system.cpu->steal_seconds = 4; }) == Ids{"cpu.steal"});
  CHECK(found([](Snapshot& s) { s.system.cpu->steal_seconds = 4; }, 10) == Ids{});
  CHECK(found([](Snapshot& s) {
          UnitRow unit;
          unit.name = "web.service";
          unit.path = "/system.slice/web.service";
          unit.cpu_quota_cores = 0.5;
          unit.throttled_ratio = 0.4;
          unit.throttled_seconds = 3;
          s.units = {unit};
        }) == Ids{"cpu.throttled_by_quota"});
  CHECK(found([](Snapshot& s) {
          for (std::uint32_t pid = 1000; pid < 1200; ++pid) {
            ProcessRow child;
            child.id = {pid, pid};
            child.name = "sh";
            child.parent_pid = 300;
            child.exited = Exited{0, {}};
            child.usage.cpu_seconds = 0.01;
            s.processes.push_back(child);
          }
        }) == Ids{"cpu.fork_storm"});
}

TEST_CASE("threads that poll, and threads that never rest, are told as information") {
  const auto thread = [](double cpu, std::uint64_t wakeups, double slept) {
    return [=](Snapshot& s) {
      ThreadRow row;
      row.name = "poller";
      row.usage.cpu_seconds = cpu;
      row.usage.voluntary_switches = wakeups;
      row.usage.blocked_seconds = Blocked{};
      (*row.usage.blocked_seconds)[BLOCKED_SLEEP] = slept;
      s.processes[2].threads = {row};
    };
  };
  CHECK(found(thread(0.05, 5000, 9.9)) == Ids{"cpu.polling_loop"});
  CHECK(found(thread(9.9, 1, 0)) == Ids{"cpu.busy_loop"});
  CHECK(found(thread(9.9, 1, 0), 10) == Ids{});
  CHECK(found(thread(0.05, 500, 9.9)) == Ids{});
}

TEST_CASE("a background task that is too frequent: its period, its code, what it would free") {
  Snapshot snapshot = healthy_snapshot();
  TaskRow task;
  task.id = "sync";
  task.name = "sync_all";
  task.kind = TaskRowKind::kCoroutine;
  task.verdict = {Class::kBackground, 0.9, "it answers nothing"};
  task.process = {snapshot.processes[0].id, "web"};
  task.source = CodeName{"sync_all", "jobs.py", 40};
  task.cpu_seconds = 3;
  task.rhythm = {5, 2.0, 0.1, 0.6, {}, 3};
  snapshot.tasks = {task};
  const Judgement calm = judged(snapshot);
  REQUIRE(ids_of(calm) == Ids{"task.too_frequent"});
  CHECK(calm.findings[0].severity == Severity::kInfo);
  CHECK(calm.findings[0].target.kind == TargetKind::kTask);
  const Recommendation* what = advice(calm, "task.too_frequent");
  REQUIRE(what);
  CHECK(what->actions ==
        Ids{"Let it run every 4 s: that frees 0.15 CPUs", "Its code: jobs.py:40 sync_all"});
  snapshot.processes[0].usage.run_queue_seconds = 2;
  const Judgement waiting = judged(snapshot);
  CHECK(ids_of(waiting) == Ids{"task.overlapping"});
  CHECK(waiting.findings[0].severity == Severity::kWarning);
}

TEST_CASE("a coroutine that blocks its event loop, and what looks like one") {
  Snapshot snapshot = healthy_snapshot();
  TaskRow task;
  task.id = "handle";
  task.name = "handle";
  task.kind = TaskRowKind::kCoroutine;
  task.verdict = {Class::kForeground, 0.9, "it answers requests"};
  task.process = {snapshot.processes[0].id, "web"};
  task.source = CodeName{"handle", "web.py", 7};
  task.cpu_seconds = 0.2;
  task.requests = 20;
  task.blocked_seconds = Blocked{};
  (*task.blocked_seconds)[BLOCKED_SLEEP] = 3;
  (*task.blocked_seconds)[BLOCKED_NETWORK] = 1;
  const auto found_for = [&](TaskRow row) {
    snapshot.tasks = {std::move(row)};
    return ids_of(judged(snapshot));
  };
  CHECK(found_for(task) == Ids{"task.blocks_event_loop"});
  const Judgement judgement = judged(snapshot);
  const Finding& finding = judgement.findings[0];
  CHECK(finding.severity == Severity::kWarning);
  CHECK(finding.summary ==
        "handle blocks the event loop of web 40 % of the time (network 25 %, sleep 75 %); nothing "
        "else of that loop runs meanwhile");
  REQUIRE(finding.victims.size() == 1);
  CHECK(finding.victims[0].name == "GET /orders/{id}");
  const Recommendation* what = advice(judgement, "task.blocks_event_loop");
  REQUIRE(what);
  CHECK(what->actions[1] == "Its code: web.py:7 handle");
  CHECK(what->actions[2] == "It holds the loop 200 ms for each request");
  CHECK(what->saved_ratio == Approx(0.4));
  TaskRow brief = task;
  brief.blocked_seconds = Blocked{0.2, 0, 0.3, 0.2, 0};
  CHECK(found_for(brief) == Ids{});
  TaskRow thread = task;  // waits as it likes
  thread.kind = TaskRowKind::kThread;
  CHECK(found_for(thread) == Ids{});
  TaskRow of_a_batch = task;  // answers nobody
  of_a_batch.process = {snapshot.processes[2].id, "backup"};
  CHECK(found_for(of_a_batch) == Ids{});
  TaskRow locked = task;  // Python's own lock, which another thread holds
  locked.blocked_seconds = Blocked{};
  (*locked.blocked_seconds)[BLOCKED_LOCK] = 5;
  CHECK(found_for(locked) == Ids{});
  TaskRow unknown = task;
  unknown.blocked_seconds.reset();
  CHECK(found_for(unknown) == Ids{});
}

TEST_CASE("rules of memory") {
  CHECK(found([](Snapshot& s) {
          s.system.memory_pressure = Pressure{0.2, 0.01};
        }) == Ids{"memory.pressure"});
  CHECK(found([](Snapshot& s) { s.system.memory->available_bytes = 3ull << 30; }) ==
        Ids{"memory.pressure"});
  CHECK(found([](Snapshot& s) {
          s.processes[0].memory->swap_bytes = 100 << 20;
          s.processes[0].usage.major_faults = 5000;
        }) == Ids{"memory.swapping"});
  CHECK(found([](Snapshot& s) {
          s.processes[2].oom_killed = OomKilled{"/a", 1ull << 30};
          s.processes[2].exited = Exited{{}, 9};
        }) == Ids{"memory.oom_kill"});
}

TEST_CASE("a leak is memory that only grows for half an hour; a saw-tooth is none") {
  Judge steady(shipped_rules()), sawtooth(shipped_rules());
  Snapshot snapshot = healthy_snapshot();
  for (int tick = 0; tick < 250; ++tick) {
    snapshot.processes[2].memory->rss_bytes =
        (500ull << 20) + static_cast<unsigned>(tick) * (6u << 20);
    steady.judge(snapshot);
    if (tick < 150) CHECK_FALSE(find(*snapshot.judgement, "memory.leak"));
    Snapshot other = snapshot;
    other.processes[2].memory->rss_bytes =
        (500ull << 20) + static_cast<unsigned>(tick % 20) * (50u << 20);
    sawtooth.judge(other);
    CHECK_FALSE(find(*other.judgement, "memory.leak"));
    snapshot.start_wall_ns += 10'000'000'000;
    snapshot.end_wall_ns += 10'000'000'000;
  }
  const Finding* finding = find(*snapshot.judgement, "memory.leak");
  REQUIRE(finding);
  CHECK(finding->target.pid == 300u);
  REQUIRE(finding->evidence[0].threshold);
  // 6 MiB in 10 s of 16 GiB.
  CHECK(finding->evidence[0].value == Approx(6.0 * 360 / 16384).epsilon(0.05));
}

TEST_CASE("rules of disks and limits") {
  CHECK(found([](Snapshot& s) { s.system.filesystems[0].used_ratio = 0.85; }) ==
        Ids{"disk.filling"});
  CHECK(found([](Snapshot& s) { s.system.filesystems[0].full_in_seconds = 7200; }) ==
        Ids{"disk.filling"});
  CHECK(found([](Snapshot& s) {
          s.system.disks[0].busy_ratio = 0.99;
          s.system.disks[0].latency->p95_seconds = 0.05;
          (*s.processes[1].usage.blocked_seconds)[BLOCKED_DISK] = 2;
        }) == Ids{"disk.saturated"});
  CHECK(found([](Snapshot& s) { s.processes[0].open_files = 900; }) ==
        Ids{"limits.file_descriptors"});
  CHECK(found([](Snapshot& s) { s.processes[0].listen_overflows = 5; }) ==
        Ids{"limits.listen_overflow"});
  CHECK(found([](Snapshot& s) { s.system.retransmits = 2000; }) == Ids{"network.retransmits"});
}

TEST_CASE("a nightly backup with a busy disk and nobody waiting is information") {
  Snapshot snapshot = healthy_snapshot();
  snapshot.system.disks[0].busy_ratio = 0.99;
  snapshot.system.disks[0].latency->p95_seconds = 0.05;
  const Judgement judgement = judged(snapshot);
  REQUIRE(ids_of(judgement) == Ids{"disk.saturated"});
  CHECK(judgement.findings[0].severity == Severity::kInfo);
}
