// SPDX-License-Identifier: Apache-2.0
#include "collect/python_tasks.h"

#include "catch.h"

namespace culprit {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

PythonCode code(const std::string& function, std::uint32_t flags) {
  PythonCode one;
  one.name = {function, "/srv/jobs.py", 7};
  one.flags = CODE_KNOWN | flags;
  return one;
}

/// With the code objects 1: a coroutine of the application, 2: one of a library, 3: an anchor.
PythonProcess process() {
  PythonFacts facts;
  facts.layout.minor = 11;
  PythonProcess made(~0u, 5 * kSecond, facts);
  made.codes.emplace(1, code("poll", CODE_COROUTINE | CODE_APPLICATION));
  made.codes.emplace(2, code("run_asgi", CODE_COROUTINE));
  made.codes.emplace(3, code("trace_task", CODE_ANCHOR));
  made.codes.at(3).kind = TaskKind::kJob;
  made.codes.at(3).framework = "celery";
  made.codes.emplace(4, code("Thread.run", CODE_ANCHOR));
  made.codes.at(4).kind = TaskKind::kThread;
  return made;
}

python_task_key key(python_task_kind kind, std::uint64_t root, std::uint64_t application) {
  python_task_key made{};
  made.root = root;
  made.application = application;
  made.pid = ~0u;
  made.kind = static_cast<std::uint8_t>(kind);
  return made;
}

python_task_counters counters(std::uint32_t id) {
  python_task_counters made{};
  made.id = id;
  return made;
}

}  // namespace

TEST_CASE("a task is named by its code objects", "[python_tasks]") {
  PythonProcess in = process();
  python_task_counters found = counters(9);
  TaskName name = name_task(key(PYTHON_COROUTINE, 2, 1), found, in);
  CHECK(name.task == 9);
  CHECK(name.pid == ~0u);
  CHECK(name.process_start_time_ns == 5 * kSecond);
  CHECK(name.kind == TaskKind::kCoroutine);
  CHECK(name.root->function == "run_asgi");
  CHECK(name.application->function == "poll");
  CHECK(name.runtime == "cpython 3.11");
  CHECK(name.framework.empty());

  // What the kernel took for the application, and a code object that cannot be read any more.
  CHECK_FALSE(name_task(key(PYTHON_COROUTINE, 2, 2), found, in).application);
  CHECK_FALSE(name_task(key(PYTHON_COROUTINE, 77, 0), found, in).root);
  CHECK(name_task(key(PYTHON_NATIVE, 0, 0), found, in).kind == TaskKind::kNative);

  found.anchor = 3;
  name = name_task(key(PYTHON_JOB, 1, 1), found, in);
  CHECK(name.kind == TaskKind::kJob);
  CHECK(name.framework == "celery");
  found.anchor = 4;
  CHECK(name_task(key(PYTHON_JOB, 1, 1), found, in).kind == TaskKind::kThread);
  CHECK(name_task(key(PYTHON_COROUTINE, 1, 1), found, in).kind == TaskKind::kCoroutine);
}

TEST_CASE("a task is told with its name first, then when anything of it changed",
          "[python_tasks]") {
  PythonProcess in = process();
  PythonTasks tasks;
  python_task_counters found = counters(4);
  found.samples = 3;
  found.blocked_ns[BLOCKED_SLEEP] = 8;
  found.growth_bytes = -4096;
  const python_task_key poll = key(PYTHON_COROUTINE, 1, 1);

  Sample sample;
  tasks.take(poll, counters(0), &in, 0, sample);
  CHECK(sample.tasks.empty());  // the kernel is just making it

  tasks.take(poll, found, nullptr, 0, sample);
  REQUIRE(sample.tasks.size() == 1);
  CHECK(sample.task_names.empty());
  CHECK(sample.tasks[0].samples == 3);
  CHECK(sample.tasks[0].blocked_ns[BLOCKED_SLEEP] == 8);
  CHECK(sample.tasks[0].growth_bytes == -4096);
  CHECK_FALSE(sample.tasks[0].cpu_ns);

  tasks.take(poll, found, &in, 0, sample);
  CHECK(sample.task_names.size() == 1);
  CHECK(sample.tasks.size() == 1);
  found.steps = 2;
  found.cpu_ns = 500;
  tasks.take(poll, found, &in, 0, sample);
  CHECK(sample.task_names.size() == 1);
  REQUIRE(sample.tasks.size() == 2);
  CHECK(sample.tasks[1].cpu_ns == 500u);
  tasks.forget(4);
  tasks.take(poll, found, &in, 0, sample);
  CHECK(sample.task_names.size() == 2);
}

TEST_CASE("runs are those that began or went on since the previous sample", "[python_tasks]") {
  PythonProcess in = process();
  PythonTasks tasks;
  python_task_counters found = counters(4);
  // The ring has gone round: the latest is before the earliest.
  found.stretches[0] = {9 * kSecond, 500'000, 20};
  found.stretches[1] = {3 * kSecond, 1'000, 1};
  found.stretches[2] = {4 * kSecond, 2'000'000, 7};
  Sample sample;
  tasks.take(key(PYTHON_COROUTINE, 1, 1), found, &in, 5 * kSecond, sample);
  REQUIRE(sample.tasks.size() == 1);
  const auto& runs = sample.tasks[0].runs;
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].start_ns == 4 * kSecond);
  CHECK(runs[0].end_ns == 6 * kSecond);
  CHECK(runs[0].samples == 7);
  CHECK(runs[1].start_ns == 9 * kSecond);
  CHECK(runs[1].end_ns == 9 * kSecond + kSecond / 2);
}

}  // namespace culprit
