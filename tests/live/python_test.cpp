// SPDX-License-Identifier: Apache-2.0
// Tasks inside real interpreters, against what their programs measure of themselves.
#include <cmath>
#include <map>
#include <string>

#include "catch.h"
#include "python_program.h"
#include "watch.h"

using namespace culprit;
using namespace culprit::test;

namespace {

/// What every script begins with: burn() uses so much CPU time of its thread and books it.
const std::string kTools = R"(
import asyncio, json, signal, threading, time
truth = {}
def burn(name, seconds):
    begin = time.thread_time()
    while time.thread_time() - begin < seconds:
        sum(range(50))
    truth[name] = truth.get(name, 0) + time.thread_time() - begin
async def run_all(*jobs):
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, truth.clear)
    tasks = [asyncio.ensure_future(job()) for job in jobs]
    print("ready", flush=True)
    await stop.wait()
    print(json.dumps(truth), flush=True)
)";

double sum_of(const std::map<std::string, TaskSum>& tasks) {
  double samples = 0;
  for (const auto& [name, task] : tasks) samples += task.samples;
  return samples;
}

std::string describe(const std::map<std::string, TaskSum>& tasks) {
  std::string text;
  for (const auto& [name, task] : tasks) {
    text += name + ": samples " + std::to_string(task.samples) + " queue " +
            std::to_string(task.run_queue_seconds) + " blocked";
    for (const double seconds : task.blocked_seconds) text += " " + std::to_string(seconds);
    text += " growth " + std::to_string(task.growth_bytes) + " steps " +
            std::to_string(task.steps) + " exact " + std::to_string(task.cpu_seconds) + " runs " +
            std::to_string(task.runs.size()) + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("coroutines get their share of the CPU within 1.5 points", "[live][python]") {
  const std::string script = kTools + R"(
async def often():
    while True:
        burn("often", 0.002); await asyncio.sleep(0.002)
async def rarely():
    while True:
        burn("rarely", 0.03); await asyncio.sleep(0.3)
async def shortly():
    while True:
        burn("shortly", 0.0005); await asyncio.sleep(0.01)
async def steadily():
    while True:
        burn("steadily", 0.004); await asyncio.sleep(0.02)
async def inner():
    burn("deeply", 0.001)
async def deeply():
    while True:
        await inner(); await asyncio.sleep(0.003)
asyncio.run(run_all(often, rarely, shortly, steadily, deeply))
)";
  const auto interpreters = python_interpreters();
  REQUIRE_FALSE(interpreters.empty());
  for (const std::string& interpreter : interpreters) {
    PythonProgram program(interpreter, "shares", script);
    TaskWatch watch;
    watch.watch(1);
    const auto before = kernel_cpu_seconds(program.pid());
    watch.start();
    program.begin();
    watch.watch(10);
    const double cpu = kernel_cpu_seconds(program.pid()) - before;
    const auto truth = program.truth();
    const auto tasks = watch.tasks(program.pid());
    REQUIRE(truth.size() == 5);
    double known = 0, found = 0;
    for (const auto& [name, seconds] : truth.items()) known += seconds.get<double>();
    for (const auto& [name, task] : tasks)
      if (truth.contains(name)) found += task.samples;
    INFO(interpreter << "\n" << describe(tasks) << truth.dump() << " of " << cpu << " s");
    for (const auto& [name, seconds] : truth.items()) {
      REQUIRE(tasks.count(name));
      INFO(name);
      CHECK(tasks.at(name).kind == TaskKind::kCoroutine);
      CHECK(std::abs(tasks.at(name).samples / found - seconds.get<double>() / known) <= 0.015);
    }
    // Every moment on a CPU is sampled, and the loop itself needs little.
    const double sampled = sum_of(tasks) * static_cast<double>(watch.last().task_sample_ns) * 1e-9;
    CHECK(sampled == Approx(cpu).epsilon(0.03));
    CHECK(found >= 0.95 * sum_of(tasks));
  }
}
