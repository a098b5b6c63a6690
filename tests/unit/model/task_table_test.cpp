// SPDX-License-Identifier: Apache-2.0
#include "model/task_table.h"

#include "call_samples.h"
#include "catch.h"

using namespace culprit;
using namespace culprit::test;

namespace {

constexpr std::uint64_t kBirth = 900 * kSecond;  // of processes that were there before

TaskName task_name(std::uint64_t task, std::uint32_t pid, const std::string& function,
                   TaskKind kind = TaskKind::kCoroutine) {
  TaskName name;
  name.task = task;
  name.pid = pid;
  name.process_start_time_ns = kBirth;
  name.kind = kind;
  name.root = CodeName{function, "/srv/app/worker.py", 31};
  return name;
}

TaskReading reading(std::uint64_t task, std::uint64_t samples) {
  TaskReading made;
  made.task = task;
  made.samples = samples;
  return made;
}

const TaskRow& row_named(const Snapshot& snapshot, const std::string& name) {
  for (const TaskRow& row : snapshot.tasks)
    if (row.name == name) return row;
  std::string all;
  for (const TaskRow& row : snapshot.tasks) all += row.name + '\n';
  FAIL("no task " << name << " in\n" << all);
  return snapshot.tasks.front();
}

bool has_row(const Snapshot& snapshot, const std::string& name) {
  return std::any_of(snapshot.tasks.begin(), snapshot.tasks.end(),
                     [&](const TaskRow& row) { return row.name == name; });
}

double task_cpu(const Snapshot& snapshot) {
  double cpu = 0;
  for (const TaskRow& row : snapshot.tasks) cpu += row.cpu_seconds;
  return cpu;
}

double process_cpu(const Snapshot& snapshot) {
  double cpu = 0;
  for (const ProcessRow& row : snapshot.processes) cpu += row.usage.cpu_seconds;
  return cpu;
}

/// A host whose processes are told of tick by tick.
struct Host {
  struct Told {
    std::uint32_t pid = 0, parent = 1;
    std::string name, command, executable, cgroup;
    std::uint64_t cpu_ns = 0, start_ns = kBirth;
    bool kernel = false;
  };
  Model model{{}};
  std::map<std::uint32_t, Told> processes;
  double seconds = 0;

  Told& add(std::uint32_t pid, const std::string& name, const std::string& command,
            const std::string& cgroup = "", std::uint32_t parent = 1) {
    Told& told = processes[pid];
    told = {pid, parent, name, command, "", cgroup, 0, kBirth, false};
    const std::string program = command.substr(0, command.find(' '));
    if (program.starts_with('/')) told.executable = program;
    return told;
  }
  Sample sample() {
    Sample made = call_sample_at(seconds);
    made.coverage.tasks = true;
    made.task_sample_ns = 2'004'008;
    for (const auto& [pid, told] : processes) {
      thread_record record = thread_in(made, pid, pid, told.cpu_ns, told.start_ns, told.name);
      record.parent_pid = told.parent;
      if (told.kernel) record.header.flags |= THREAD_KERNEL;
      if (!told.cgroup.empty()) {
        record.cgroup_id = std::hash<std::string>()(told.cgroup) | 1;
        made.cgroup_paths[record.cgroup_id] = told.cgroup;
      }
      made.threads.push_back(record);
      ProcessDetail detail;
      detail.pid = pid;
      if (!told.command.empty()) detail.command = told.command;
      if (!told.executable.empty()) detail.executable = told.executable;
      made.details.push_back(detail);
    }
    return made;
  }
  std::optional<Snapshot> take(const Sample& sample) {
    seconds += 1;
    return model.advance(sample);
  }
  /// A second in which each process uses 100 ms.
  Snapshot pass() {
    for (auto& [pid, told] : processes) told.cpu_ns += 100 * kMs;
    const Sample made = sample();
    auto snapshot = take(made);
    return snapshot ? *snapshot : Snapshot{};
  }
};

}  // namespace

TEST_CASE("tasks of a runtime share their process's CPU time", "[tasks]") {
  Host host;
  host.add(10, "python3", "/usr/bin/python3 /srv/app/main.py");
  Sample first = host.sample();
  first.task_names = {task_name(1, 10, "Worker.poll"), task_name(2, 10, "Worker.flush")};
  first.tasks = {reading(1, 1000), reading(2, 1000)};
  host.take(first);
  host.processes[10].cpu_ns = kSecond / 2;
  Sample second = host.sample();
  second.tasks = {reading(1, 1075), reading(2, 1025)};
  second.tasks[0].growth_bytes = 4096;
  const Snapshot snapshot = *host.take(second);
  const TaskRow& poll = row_named(snapshot, "Worker.poll (worker.py:31)");
  CHECK(poll.cpu_seconds == Approx(0.375));
  CHECK(poll.sampled);
  CHECK(poll.cpu_share_error.value_or(0) == Approx(share_error(75, {100, 100})));
  CHECK(poll.kind == TaskRowKind::kCoroutine);
  CHECK(poll.process.id == ProcessId{10, kBirth});
  CHECK(poll.source->line == 31);
  CHECK(poll.memory_growth_bytes == 4096);
  CHECK(task_cpu(snapshot) == Approx(process_cpu(snapshot)));
}

TEST_CASE("a stack belongs to a task", "[tasks][stacks]") {
  Host host;
  host.add(10, "python3", "/usr/bin/python3 /srv/app/main.py");
  host.add(20, "server", "/usr/bin/server");
  Sample first = host.sample();
  first.task_names = {task_name(1, 10, "Worker.poll")};
  first.tasks = {reading(1, 1)};
  host.take(first);
  host.processes[10].cpu_ns = kSecond / 2;
  host.processes[20].cpu_ns = kSecond / 4;
  Sample second = host.sample();
  second.coverage.stacks = true;
  second.tasks = {reading(1, 100)};
  second.threads.push_back(thread_in(second, 20, 21, kSecond / 4, kBirth, "flusher"));
  const auto stack = [](std::uint32_t pid, const std::string& thread, std::uint64_t task) {
    return StackReading{pid, kBirth, thread, task, false, {}, {}, 1, 2'004'008};
  };
  second.stacks = {stack(10, "python3", 1), stack(10, "python3", 0), stack(20, "flusher", 0),
                   stack(20, "server", 0), stack(30, "gone", 0)};
  const Snapshot snapshot = *host.take(second);
  REQUIRE(snapshot.stacks);
  std::map<std::string, std::size_t> tasks;
  for (const StackRow& row : *snapshot.stacks) tasks[row.task]++;
  CHECK(tasks.size() == 5);
  CHECK(tasks[row_named(snapshot, "Worker.poll (worker.py:31)").id] == 1);
  CHECK(tasks[row_named(snapshot, "flusher").id] == 1);
  CHECK(tasks[""] == 1);
  CHECK(task_cpu(snapshot) == Approx(process_cpu(snapshot)));
}

TEST_CASE("an id survives a restart", "[tasks]") {
  const auto id_of = [](std::uint32_t pid) {
    Host host;
    host.add(pid, "python3", "/usr/bin/python3 /srv/app/main.py");
    host.take(host.sample());
    host.processes[pid].cpu_ns = kSecond / 2;
    Sample second = host.sample();
    second.task_names = {task_name(pid + 7, pid, "Worker.poll")};
    second.tasks = {reading(pid + 7, 10)};
    return row_named(*host.take(second), "Worker.poll (worker.py:31)").id;
  };
  CHECK(id_of(10) == id_of(20));
}

TEST_CASE("backends of PostgreSQL are tasks by their role", "[tasks]") {
  Host host;
  const std::string cgroup = "/system.slice/postgresql@15-main.service";
  host.add(20, "postgres", "/usr/lib/postgresql/15/bin/postgres -D /data", cgroup);
  for (const std::uint32_t pid : {21u, 22u})
    host.add(pid, "postgres", "postgres: 15/main: app orders 127.0.0.1(5432) idle", cgroup, 20);
  host.add(23, "postgres", "postgres: 15/main: checkpointer ", cgroup, 20);
  host.pass();
  const Snapshot snapshot = host.pass();
  CHECK(snapshot.tasks.size() == 3);
  const TaskRow& backends = row_named(snapshot, "postgres: orders (app)");
  CHECK(backends.workers == 2);
  CHECK(backends.members.size() == 2);
  CHECK(backends.cpu_seconds == Approx(0.2));
  CHECK(backends.group == "postgresql");
  CHECK(row_named(snapshot, "postgres: checkpointer").verdict.value == Class::kBackground);
  CHECK(row_named(snapshot, "postgres: checkpointer").verdict.because == "rule postgres.helper");
  CHECK(task_cpu(snapshot) == Approx(process_cpu(snapshot)));
}

TEST_CASE("forks of one server are one task with workers", "[tasks]") {
  Host host;
  host.add(30, "myserver", "/opt/myserver --port 80");
  for (const std::uint32_t pid : {31u, 32u, 33u})
    host.add(pid, "myserver", "/opt/myserver --port 80", "", 30);
  host.pass();
  const Snapshot snapshot = host.pass();
  REQUIRE(snapshot.tasks.size() == 1);
  CHECK(snapshot.tasks[0].workers == 3);
  CHECK(snapshot.tasks[0].kind == TaskRowKind::kProcess);
  CHECK(snapshot.tasks[0].process.id.pid == 30);
  CHECK(snapshot.tasks[0].cpu_seconds == Approx(0.4));
}

TEST_CASE("a service is a task by its unit, with what its script starts", "[tasks]") {
  Host host;
  const std::string cgroup = "/system.slice/backup.service";
  host.add(40, "sh", "/bin/sh /opt/run.sh", cgroup);
  host.add(41, "mytool", "/opt/mytool /data", cgroup, 40);
  host.pass();
  const Snapshot snapshot = host.pass();
  REQUIRE(snapshot.tasks.size() == 1);
  CHECK(snapshot.tasks[0].name == "backup");
  CHECK(snapshot.tasks[0].kind == TaskRowKind::kUnit);
  CHECK(snapshot.tasks[0].cpu_seconds == Approx(0.2));
}

TEST_CASE("each run of a cron job is a run of one task", "[tasks]") {
  Host host;
  const std::string cgroup = "/system.slice/cron.service";
  host.add(50, "cron", "/usr/sbin/cron -f", cgroup);
  host.pass();
  Snapshot snapshot;
  // Every 5 s: sh runs a tool for 2 s.
  for (std::uint32_t run = 0; run < 5; ++run) {
    const std::uint32_t shell = 60 + 2 * run, tool = shell + 1;
    host.add(shell, "sh", "/bin/sh -c /opt/report.sh", cgroup, 50).start_ns =
        host.sample().monotonic_ns - kSecond / 2;
    host.add(tool, "tool", "/opt/tool --day 2026-11-" + std::to_string(10 + run), cgroup, shell)
        .start_ns = host.sample().monotonic_ns - kSecond / 4;
    host.pass();
    Sample ending = host.sample();
    for (const std::uint32_t pid : {shell, tool}) {
      const auto listed =
          std::find_if(ending.threads.begin(), ending.threads.end(),
                       [&](const thread_record& record) { return record.pid == pid; });
      listed->cpu_ns += 100 * kMs;
      ending.ended.push_back(final_record(*listed));
      ending.threads.erase(listed);
      host.processes.erase(pid);
    }
    host.take(ending);
    for (int i = 0; i < 3; ++i) snapshot = host.pass();
    if (run > 2) {
      // It rests, and is told of all the same.
      const TaskRow& job = row_named(snapshot, "report.sh");
      CHECK(job.cpu_seconds == 0);
      CHECK(job.rhythm.period_seconds.value_or(0) == Approx(5).epsilon(0.02));
    }
  }
  const TaskRow& job = row_named(snapshot, "report.sh");
  CHECK(job.kind == TaskRowKind::kJob);
  CHECK(job.verdict.value == Class::kBackground);
  CHECK(job.verdict.because == "a job of cron");
  CHECK(job.rhythm.cpu_seconds_per_run.value_or(0) == Approx(0.4).epsilon(0.01));
  CHECK(row_named(snapshot, "cron").verdict.value == Class::kSystem);
}

TEST_CASE("a command that is run again and again is a job", "[tasks]") {
  Host host;
  host.add(70, "loop", "/opt/loop");
  host.pass();
  Snapshot snapshot;
  for (std::uint32_t run = 0; run < 4; ++run) {
    Sample sample = host.sample();
    thread_record record = thread_in(sample, 71 + run, 71 + run, 50 * kMs,
                                     sample.monotonic_ns - kSecond / 2, "convert");
    record.parent_pid = 70;
    ExecEvent exec{71 + run,
                   70,
                   0,
                   record.start_time_ns,
                   0,
                   "convert",
                   "/usr/bin/convert /tmp/a" + std::to_string(run) + ".png"};
    sample.execs = {exec};
    sample.ended = {final_record(record)};
    snapshot = *host.take(sample);
  }
  const TaskRow& job = row_named(snapshot, "convert /tmp/*");
  CHECK(job.kind == TaskRowKind::kJob);
  CHECK(job.rhythm.period_seconds.value_or(0) == Approx(1));
  CHECK(job.rhythm.cpu_seconds_per_run.value_or(0) == Approx(0.05));
  CHECK(job.rhythm.runs == 1);
}

TEST_CASE("runs that begin and end within one interval are told apart", "[tasks]") {
  Host host;
  host.pass();
  host.seconds = 20;
  Sample sample = host.sample();
  for (std::uint32_t run = 0; run < 9; ++run) {
    const std::uint64_t start = at(1 + 2 * run);
    thread_record record = thread_in(sample, 71 + run, 71 + run, 200 * kMs, start, "report");
    record.header.time_ns = start + 300 * kMs;
    sample.execs.push_back({71 + run, 70, 0, start, 0, "report", "/opt/report"});
    sample.ended.push_back(final_record(record));
  }
  const auto snapshot = host.take(sample);
  const TaskRow& job = row_named(*snapshot, "report");
  CHECK(job.rhythm.runs == 9);
  CHECK(job.rhythm.period_seconds.value_or(0) == Approx(2));
  CHECK(job.rhythm.cpu_seconds_per_run.value_or(0) == Approx(0.2));
}

TEST_CASE("of runs too many to be remembered the number is told by their rate", "[tasks]") {
  Host host;
  host.add(10, "python3", "/usr/bin/python3 worker.py");
  Sample first = host.sample();
  first.task_names = {task_name(1, 10, "refresh")};
  host.take(first);
  for (int interval = 0; interval < 5; ++interval) {
    host.seconds += 9;
    host.processes[10].cpu_ns += 2000 * kMs;
    Sample sample = host.sample();
    sample.tasks = {reading(1, 1000)};
    // Every 50 ms, of which the last 1.6 s are known.
    for (std::uint64_t run = 0; run < kMostTaskRuns; ++run) {
      const std::uint64_t start = sample.monotonic_ns - (kMostTaskRuns - run) * 50 * kMs;
      sample.tasks[0].runs.push_back({start, start + 10 * kMs, 5});
    }
    const auto snapshot = host.take(sample);
    const TaskRow& refresh = row_named(*snapshot, "refresh (worker.py:31)");
    CHECK(refresh.rhythm.runs == 200);
    CHECK(refresh.rhythm.period_seconds.value_or(0) == Approx(0.05));
  }
}

TEST_CASE("a program that is run with ever new words is one job in the end", "[tasks]") {
  Host host;
  host.pass();
  for (std::uint32_t run = 0; run < 100; ++run) {
    const std::string word = {static_cast<char>('a' + run / 26), static_cast<char>('a' + run % 26)};
    host.add(200 + run, "resize", "/usr/bin/resize " + word);
  }
  const Snapshot snapshot = host.pass();
  CHECK(snapshot.tasks.size() == 17);
  CHECK(row_named(snapshot, "resize …").members.size() == 84);
  CHECK(task_cpu(snapshot) == Approx(process_cpu(snapshot)));
}

TEST_CASE("kernel threads are pools of the system", "[tasks]") {
  Host host;
  host.add(5, "kworker/0:1", "").kernel = true;
  host.add(6, "kworker/1:3-eve", "").kernel = true;
  host.pass();
  const Snapshot snapshot = host.pass();
  REQUIRE(snapshot.tasks.size() == 1);
  CHECK(snapshot.tasks[0].name == "kworker/*");
  CHECK(snapshot.tasks[0].verdict.value == Class::kSystem);
  CHECK(process_row(snapshot, 5)->process_class == Class::kSystem);
  CHECK(process_row(snapshot, 5)->class_because == "a kernel thread");
}

TEST_CASE("a periodic task beside a request handler is background", "[tasks]") {
  Host host;
  host.add(10, "python3", "/usr/bin/python3 /srv/app/main.py");
  host.add(20, "postgres", "/usr/lib/postgresql/15/bin/postgres -D /data");
  const ConnectionReading server = http_server(1, 10);
  ConnectionReading database = database_client(2, 10);
  database.peer_pid = 20;
  Sample first = host.sample();
  first.connections = {server, database};
  first.query_texts = {select_text(), route_text(2)};
  first.task_names = {task_name(1, 10, "handle"), task_name(2, 10, "refresh")};
  host.take(first);
  Snapshot snapshot;
  for (std::uint64_t second = 1; second <= 12; ++second) {
    host.processes[10].cpu_ns += 300 * kMs;
    host.processes[20].cpu_ns += 100 * kMs;
    Sample sample = host.sample();
    const double now = static_cast<double>(second);
    sample.tasks = {reading(1, second * 50), reading(2, second * 50)};
    if (second % 2 == 0) {
      const std::uint64_t start = at(now - 0.5);
      sample.tasks[1].runs = {{start, start + 60 * kMs, 30},
                              {start + 90 * kMs, start + 200 * kMs, 70}};
    }
    CallReading request = call_on(server, now - 0.9, now - 0.8, 2);
    request.call.task = 1;
    request.call.work = 11;
    CallReading query = call_on(database, now - 0.88, now - 0.85);
    query.call.task = 1;
    query.call.work = 11;
    CallReading other = call_on(database, now - 0.87, now - 0.86);
    other.call.task = 2;
    other.call.work = 12;
    sample.calls = {request, query, other};
    snapshot = *host.take(sample);
  }
  const TaskRow& handle = row_named(snapshot, "handle (worker.py:31)");
  CHECK(handle.verdict.value == Class::kForeground);
  CHECK(handle.requests == 1);
  CHECK(handle.calls->count == 1);
  const TaskRow& refresh = row_named(snapshot, "refresh (worker.py:31)");
  CHECK(refresh.verdict.value == Class::kBackground);
  CHECK(refresh.rhythm.period_seconds.value_or(0) == Approx(2).epsilon(0.01));
  CHECK(refresh.rhythm.cpu_seconds_per_run.value_or(0) == Approx(0.3).epsilon(0.01));
  CHECK(refresh.rhythm.calls_per_run.value_or(0) == Approx(2).epsilon(0.1));
  CHECK(process_row(snapshot, 10)->process_class == Class::kForeground);
  CHECK(process_row(snapshot, 20)->process_class == Class::kForeground);
  CHECK(process_row(snapshot, 20)->class_because ==
        "answers calls of python3, which is foreground");
  // The queries know their tasks, and the endpoint its calls, for sure.
  REQUIRE(snapshot.queries.size() == 1);
  REQUIRE(snapshot.queries[0].callers.size() == 2);
  for (const CallerRow& caller : snapshot.queries[0].callers)
    CHECK(caller.endpoint.has_value() == (caller.task == "handle (worker.py:31)"));
  REQUIRE(snapshot.endpoints.size() == 1);
  CHECK(snapshot.endpoints[0].calls_per_request.value_or(0) == Approx(1));
  CHECK(snapshot.endpoints[0].calls_confidence.value_or(0) == Approx(1));
}

TEST_CASE("answers whose task was not looked at are of the tasks that answer there", "[tasks]") {
  Host host;
  host.add(10, "python3", "/usr/bin/python3 /srv/app/main.py");
  const ConnectionReading server = http_server(1, 10);
  Sample first = host.sample();
  first.connections = {server};
  first.query_texts = {route_text(2)};
  first.task_names = {task_name(1, 10, "handle"), task_name(2, 10, "report")};
  host.take(first);
  host.processes[10].cpu_ns += 300 * kMs;
  Sample sample = host.sample();
  sample.tasks = {reading(1, 50), reading(2, 50)};
  double start = 0.1;
  for (const std::uint32_t task : {1, 1, 2, 0, 0, 0}) {
    CallReading request = call_on(server, start, start + 0.05, 2);
    request.call.task = task;
    sample.calls.push_back(request);
    start += 0.1;
  }
  CallReading elsewhere = call_on(server, start, start + 0.05, 2, 11);
  sample.calls.push_back(elsewhere);
  const Snapshot snapshot = *host.take(sample);
  CHECK(row_named(snapshot, "handle (worker.py:31)").requests == 4);
  CHECK(row_named(snapshot, "report (worker.py:31)").requests == 2);
  CHECK(process_row(snapshot, 10)->requests->count == 7);
}

TEST_CASE("background tasks that work at the same time overlap", "[tasks]") {
  Host host;
  host.add(10, "python3", "/usr/bin/python3 /srv/app/main.py");
  Sample first = host.sample();
  first.task_names = {task_name(1, 10, "a"), task_name(2, 10, "b"), task_name(3, 10, "c")};
  host.take(first);
  Snapshot snapshot;
  for (std::uint64_t second = 1; second <= 10; ++second) {
    host.processes[10].cpu_ns += 300 * kMs;
    Sample sample = host.sample();
    const std::uint64_t start = sample.monotonic_ns - 800 * kMs;
    for (std::uint64_t task = 1; task <= 3; ++task) {
      sample.tasks.push_back(reading(task, second * 50));
      const std::uint64_t begin = start + (task == 3 ? 400 * kMs : task * 20 * kMs);
      sample.tasks.back().runs = {{begin, begin + 100 * kMs, 50}};
    }
    snapshot = *host.take(sample);
  }
  CHECK(row_named(snapshot, "a (worker.py:31)").rhythm.overlaps == 1);
  CHECK(row_named(snapshot, "b (worker.py:31)").rhythm.overlaps == 1);
  CHECK(row_named(snapshot, "c (worker.py:31)").rhythm.overlaps == 0);
}

TEST_CASE("readings without names, and of nobody, do no harm", "[tasks]") {
  Host host;
  host.add(10, "python3", "/usr/bin/python3 x.py");
  host.take(host.sample());
  host.processes[10].cpu_ns = kSecond;
  Sample sample = host.sample();
  sample.task_names = {task_name(9, 99, "gone")};
  sample.tasks = {reading(5, 10), reading(9, 10)};
  const Snapshot snapshot = *host.take(sample);
  CHECK(task_cpu(snapshot) == Approx(process_cpu(snapshot)));
  CHECK_FALSE(has_row(snapshot, "gone (worker.py:31)"));
}
