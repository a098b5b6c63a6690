// SPDX-License-Identifier: Apache-2.0
// Tasks inside real interpreters, against what their programs measure of themselves.
#include <cmath>
#include <map>
#include <string>

#include "catch.h"
#include "model/task_parts.h"
#include "python_program.h"
#include "watch.h"

using namespace culprit;
using namespace culprit::test;
using std::chrono::milliseconds;

namespace {

const std::string kSystem = "/usr/bin/python3";

/// What every script begins with: burn() uses so much CPU time of its thread and books it.
const std::string kTools = R"(
import asyncio, json, os, signal, sys, threading, time
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
      // A starved program gives too few samples for the usual bound.
      const double bound = found > 3000 ? 0.015 : 0.03;
      CHECK(std::abs(tasks.at(name).samples / found - seconds.get<double>() / known) <= bound);
    }
    // Every moment on a CPU is sampled, and the loop itself needs little.
    const double sampled = sum_of(tasks) * static_cast<double>(watch.last().task_sample_ns) * 1e-9;
    CHECK(sampled == Approx(cpu).epsilon(0.03));
    CHECK(found >= 0.95 * sum_of(tasks));
  }
}

TEST_CASE("a coroutine that blocks its event loop is charged with the wait", "[live][python]") {
  PythonProgram program(kSystem, "blocking", kTools + R"(
async def blocks():
    while True:
        begin = time.monotonic()
        time.sleep(0.05)
        truth["blocks"] = truth.get("blocks", 0) + time.monotonic() - begin
        await asyncio.sleep(0.1)
async def other():
    while True:
        burn("other", 0.001); await asyncio.sleep(0.01)
asyncio.run(run_all(blocks, other))
)");
  TaskWatch watch;
  watch.watch(1);
  watch.start();
  program.begin();
  watch.watch(4);
  const auto truth = program.truth();
  const auto tasks = watch.tasks(program.pid());
  INFO(describe(tasks) << truth.dump());
  REQUIRE(tasks.count("blocks"));
  CHECK(tasks.at("blocks").blocked_seconds[BLOCKED_SLEEP] + tasks.at("blocks").run_queue_seconds ==
        Approx(truth["blocks"].get<double>()).epsilon(0.06));
  CHECK(tasks.at("other").blocked_seconds[BLOCKED_SLEEP] < 0.05);
}

TEST_CASE("threads and what executors run are tasks by their functions", "[live][python]") {
  for (const std::string& interpreter : python_interpreters()) {
    PythonProgram program(interpreter, "threads", kTools + R"(
import concurrent.futures
def crunch():
    while True:
        burn("crunch", 0.003); time.sleep(0.02)
def shrink(n):
    burn("shrink", 0.004)
async def feed():
    loop = asyncio.get_running_loop()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        while True:
            await loop.run_in_executor(pool, shrink, 1); await asyncio.sleep(0.02)
threading.Thread(target=crunch, daemon=True).start()
signal.signal(signal.SIGTERM, lambda *_: (print(json.dumps(truth), flush=True), os._exit(0)))
async def main():
    print("ready", flush=True)
    await feed()
asyncio.run(main())
)");
    TaskWatch watch;
    watch.watch(1);
    watch.start();
    watch.watch(3);
    const auto tasks = watch.tasks(program.pid());
    INFO(interpreter << "\n" << describe(tasks));
    REQUIRE(tasks.count("crunch"));
    REQUIRE(tasks.count("shrink"));
    CHECK(tasks.at("crunch").kind == TaskKind::kThread);
    CHECK(tasks.at("crunch").samples > 0.2 * sum_of(tasks));
    CHECK(tasks.at("crunch").blocked_seconds[BLOCKED_SLEEP] > 1);
    CHECK(tasks.at("shrink").samples > 0.2 * sum_of(tasks));
  }
}

TEST_CASE("the coroutine that leaks gets the growth", "[live][python]") {
  PythonProgram program(kSystem, "leaking", kTools + R"(
kept = []
async def leaks():
    while True:
        # Large enough to be memory of its own, and not in holes that others have left.
        kept.append(bytearray(200000)); truth["leaks"] = truth.get("leaks", 0) + 200000
        await asyncio.sleep(0.04)
async def churns():
    while True:
        data = [bytes(2000) for _ in range(200)]; await asyncio.sleep(0.01)
async def burns():
    while True:
        burn("burns", 0.001); await asyncio.sleep(0.01)
async def idles():
    while True:
        await asyncio.sleep(0.05)
asyncio.run(run_all(leaks, churns, burns, idles))
)");
  TaskWatch watch;
  watch.watch(1);
  watch.start();
  program.begin();
  watch.watch(8);
  const auto tasks = watch.tasks(program.pid());
  const auto truth = program.truth();
  double growth = 0;
  for (const auto& [name, task] : tasks) growth += task.growth_bytes;
  INFO(describe(tasks) << truth.dump());
  REQUIRE(tasks.count("leaks"));
  CHECK(growth == Approx(truth["leaks"].get<double>()).epsilon(0.1));
  CHECK(tasks.at("leaks").growth_bytes >= 0.9 * growth);
}

TEST_CASE("a forked worker's tasks are known from its first moment", "[live][python]") {
  PythonProgram program(kSystem, "forking", kTools + R"(
def worker():
    burn("worker", 0.3)
def spawn(*_):
    child = os.fork()
    if child == 0:
        worker()
        os._exit(0)
    print(child, flush=True)
    os.waitpid(child, 0)
signal.signal(signal.SIGUSR1, spawn)
print("ready", flush=True)
while True:
    time.sleep(1)
)");
  TaskWatch watch;
  watch.watch(1);
  program.begin();
  const pid_t child = std::stoi(program.read_line());
  watch.watch(1.5);
  const auto tasks = watch.tasks(child);
  INFO(describe(tasks));
  const double sampled = sum_of(tasks) * static_cast<double>(watch.last().task_sample_ns) * 1e-9;
  CHECK(sampled == Approx(0.3).epsilon(0.15));
}

// A round of 44 ms: of one of 40, twice that of the slow clock, half would never be looked at.
TEST_CASE("a process that waited for long is looked at less often, and told right when it works",
          "[live][python]") {
  PythonProgram program(kSystem, "waiting", kTools + R"(
async def job(name, seconds):
    go = asyncio.Event()
    waiting.append(go)
    asyncio.get_running_loop().add_signal_handler(
        signal.SIGUSR1, lambda: (truth.clear(), [event.set() for event in waiting]))
    await go.wait()
    for _ in range(10):
        burn(name, seconds); await asyncio.sleep(0)
waiting = []
async def more(): await job("more", 0.033)
async def less(): await job("less", 0.011)
asyncio.run(run_all(more, less))
)");
  TaskWatch watch;
  watch.watch(14);
  const double before = kernel_cpu_seconds(program.pid());
  watch.start();
  program.begin();
  watch.watch(3);
  const double cpu = kernel_cpu_seconds(program.pid()) - before;
  const auto truth = program.truth();
  const auto tasks = watch.tasks(program.pid());
  INFO(describe(tasks) << truth.dump() << " of " << cpu << " s");
  REQUIRE(tasks.count("more"));
  REQUIRE(tasks.count("less"));
  const TaskSum &more = tasks.at("more"), &less = tasks.at("less");
  CHECK(more.squares > more.samples);
  const double sampled = sum_of(tasks) * static_cast<double>(watch.last().task_sample_ns) * 1e-9;
  CHECK(sampled == Approx(cpu).epsilon(0.25));
  const Weights all = {static_cast<std::uint64_t>(more.samples + less.samples),
                       static_cast<std::uint64_t>(more.squares + less.squares)};
  CHECK(std::abs(more.samples / static_cast<double>(all.sum) - 0.75) <=
        1.5 * share_error(static_cast<std::uint64_t>(more.samples), all));
}

TEST_CASE("exact mode measures each step", "[live][python]") {
  for (const std::string& interpreter : python_interpreters()) {
    PythonProgram program(interpreter, "steps", kTools + R"(
async def often():
    while True:
        burn("often", 0.002); await asyncio.sleep(0.002)
async def seldom():
    while True:
        burn("seldom", 0.02); await asyncio.sleep(0.2)
async def brief():
    while True:
        burn("brief", 0.0005); await asyncio.sleep(0.05)
asyncio.run(run_all(often, seldom, brief))
)");
    TaskWatch watch({}, true);
    watch.watch(1);
    watch.start();
    program.begin();
    watch.watch(6);
    const auto truth = program.truth();
    const auto tasks = watch.tasks(program.pid());
    INFO(interpreter << "\n" << describe(tasks) << truth.dump());
    REQUIRE(tasks.count("often"));
    REQUIRE(tasks.count("seldom"));
    // A step that lies across an end of the window is in one of the two books only. Within a
    // step there is more than what burns: the trap at its end, what the host takes from a VM.
    const double often = truth["often"], seldom = truth["seldom"];
    CHECK(tasks.at("often").cpu_seconds == Approx(often).epsilon(0.1).margin(0.01));
    CHECK(tasks.at("seldom").cpu_seconds == Approx(seldom).epsilon(0.02).margin(0.03));
    CHECK(tasks.at("often").steps > 100);
    // Most of its runs lie between two samples.
    const double runs = truth["brief"].get<double>() / 0.0005;
    REQUIRE(tasks.count("brief"));
    CHECK(static_cast<double>(tasks.at("brief").runs.size()) == Approx(runs).epsilon(0.1));
  }
}

TEST_CASE("who was queued behind a process was queued behind its tasks", "[live][python]") {
  PythonProgram program(kSystem, "delaying", kTools + R"(
os.sched_setaffinity(0, {1})
async def heavy():
    while True:
        burn("heavy", 0.04); await asyncio.sleep(0.001)
async def light():
    while True:
        burn("light", 0.01); await asyncio.sleep(0.001)
asyncio.run(run_all(heavy, light))
)");
  Workload victim({"burn", "--share", "100", "--cpu", "1", "--seconds", "60", "--name", "victim"});
  Watch watch;
  watch.after(milliseconds(1'500));  // its interpreter is found
  program.begin();
  const Snapshot snapshot = watch.after(milliseconds(4'000));
  const auto truth = program.truth();
  std::map<std::string, double> delays;
  double all = 0;
  for (const DelayedBy& delay : process_row(snapshot, victim.pid()).delayed_by) {
    if (delay.pid != static_cast<std::uint32_t>(program.pid())) continue;
    delays[delay.task.substr(0, delay.task.find(' '))] += delay.seconds;
    all += delay.seconds;
  }
  INFO(truth.dump());
  for (const auto& [task, seconds] : delays) UNSCOPED_INFO(task << " " << seconds);
  const double heavy = truth["heavy"], light = truth["light"];
  REQUIRE(all > 0.3);
  CHECK(delays["heavy"] / all == Approx(heavy / (heavy + light)).margin(0.1));
  CHECK(delays["light"] / all == Approx(light / (heavy + light)).margin(0.1));
}

TEST_CASE("a process that scribbles over its interpreter's state harms nobody else",
          "[live][python]") {
  const std::string script = kTools + R"(
import ctypes, os
os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what it says when it dies of it tells nothing
address = ctypes.pythonapi.PyThreadState_Get
address.restype = ctypes.c_void_p
state = address()
def scribble(*_):
    seed = 1
    while True:  # no object is made or freed by the interpreter's own means here
        for offset in range(24, 400, 8):
            seed = (seed * 1103515245 + 12345) & 0x7fffffff
            ctypes.c_uint64.from_address(state + offset).value = seed * 4096
signal.signal(signal.SIGUSR1, scribble)
print("ready", flush=True)
while True:
    burn("work", 0.01); time.sleep(0.001)
)";
  TaskWatch watch;
  for (int round = 0; round < 5; round++) {
    PythonProgram program(kSystem, "scribbling", script);
    watch.watch(0.5);
    program.begin();
    watch.watch(0.5);
  }
  PythonProgram sane(kSystem, "sane",
                     kTools +
                         "def sane():\n  burn('sane', 30)\n"
                         "print('ready', flush=True)\nsane()\n");
  watch.watch(2);
  const auto tasks = watch.tasks(sane.pid());
  INFO(describe(tasks));
  CHECK(sum_of(tasks) > 100);
}

TEST_CASE("a call is of the coroutine that made it, and its answer of the server's",
          "[live][python]") {
  const std::string server_script = kTools + R"(
async def serve(reader, writer):
    try:
        while True:
            await reader.readuntil(b"PING\r\n")
            writer.write(b"+PONG\r\n")
    except (OSError, asyncio.IncompleteReadError):
        pass
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print("ready", flush=True)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
)";
  PythonProgram server(kSystem, "server", server_script);
  const std::string port = server.read_line();
  TaskWatch watch;
  watch.watch(1);
  PythonProgram client(kSystem, "client",
                       kTools + R"(
async def ask(name):
    reader, writer = await asyncio.open_connection("127.0.0.1", )" +
                           port + R"()
    while True:
        await asyncio.sleep(0.01)
        writer.write(b"*1\r\n$4\r\nPING\r\n")
        await reader.readuntil(b"PONG\r\n")
        truth[name] = truth.get(name, 0) + 1
async def orders():
    await ask("orders")
async def prices():
    await asyncio.gather(ask("prices"), ask("prices"))
async def shielded():
    await asyncio.shield(ask("shielded"))
asyncio.run(run_all(orders, prices, shielded))
)");
  watch.watch(1);
  watch.start();
  client.begin();
  watch.watch(3);
  const auto truth = client.truth();
  std::map<std::string, double> clients, servers;
  double worked = 0;
  for (const CallReading& call : watch.calls()) {
    if (call.pid != static_cast<std::uint32_t>(client.pid())) continue;
    clients[watch.name(call.call.task)]++;
    if (call.server.task) servers[watch.name(call.server.task)]++;
    worked += call.server.work != 0;
  }
  INFO(truth.dump());
  for (const auto& [name, count] : clients) UNSCOPED_INFO("client " << name << " " << count);
  for (const auto& [name, count] : servers) UNSCOPED_INFO("server " << name << " " << count);
  double known = 0;
  for (const auto& [name, count] : truth.items()) known += count.get<double>();
  CHECK(clients["orders"] >= 0.98 * truth["orders"].get<double>());
  CHECK(clients["ask"] >= 0.98 * (known - truth["orders"].get<double>()));
  // Frames are looked at for an answer once in a millisecond; which work it is, for each.
  CHECK(worked >= 0.98 * known);
  CHECK(servers["serve"] >= 0.1 * known);
  CHECK(servers.size() == 1);
}
