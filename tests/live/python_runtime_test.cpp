// SPDX-License-Identifier: Apache-2.0
// What is read out of real interpreters, against what they say of themselves.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "catch.h"
#include "live/python_program.h"
#include "runtime/python_arguments.h"
#include "runtime/python_code.h"
#include "runtime/python_objects.h"
#include "runtime/python_process.h"
#include "runtime/python_steps.h"
#include "unit/collect/fixture.h"
#include "util/fd.h"

using namespace culprit;
using culprit::test::python_interpreters;

namespace {

/// It says what it has, a line each, "." at the end, after a pause for a coroutine to run.
constexpr std::string_view kScript = R"(
import sys, threading, time
def späte_函数(): time.sleep(60)
class Worker:
    def run(self):
        time.sleep(60)
def tell(name, value): print(name, value, flush=True)
tell("minor", sys.version_info[1])
tell("run", id(Worker.run.__code__))
tell("unicode", id(späte_函数.__code__))
tell("thread_run", id(threading.Thread.run.__code__))
tell("not_code", id(sys))
if "early" in sys.argv:
    tell(".", 0)
    sys.stdin.readline()
import asyncio
async def poll():
    while True:
        await asyncio.sleep(0.01)
async def serve():
    task = asyncio.ensure_future(poll())
    task.set_name("poller")
    tell("task", id(task))
    tell("coroutine", id(task.get_coro() if hasattr(task, "get_coro") else task._coro))
    tell("current", id(asyncio.current_task()))
    await asyncio.sleep(0.05)
    tell("poll", id(poll.__code__))
    tell("handle_run", id(asyncio.events.Handle._run.__code__))
    tell("current_tasks", id(sys.modules["_asyncio"].__dict__.get("_current_tasks", 0)))
    tell(".", 0)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
threading.Thread(target=Worker().run, daemon=True).start()
asyncio.run(serve())
)";

/// A Python program that runs until this goes.
class Program {
 public:
  Program(const std::string& interpreter, const std::string& script, const char* argument = "") {
    int out[2], in[2];
    REQUIRE(pipe2(out, O_CLOEXEC) == 0);
    REQUIRE(pipe2(in, O_CLOEXEC) == 0);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(in[0], 0);
      dup2(out[1], 1);
      execl(interpreter.c_str(), interpreter.c_str(), "-X", "utf8", script.c_str(), argument,
            nullptr);
      _exit(127);
    }
    close(out[1]);
    close(in[0]);
    from_ = Fd(out[0]);
    to_ = Fd(in[1]);
  }
  ~Program() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  void read_until_dot() {
    std::string text;
    for (char c; text.find(". 0\n") == std::string::npos && read(from_.get(), &c, 1) == 1;)
      text += c;
    std::istringstream words(text);
    for (std::string name, value; words >> name >> value;) said_[name] = std::stoull(value);
    REQUIRE(said_.count(".") == 1);
    said_.erase(".");
  }
  void go_on() { REQUIRE(write(to_.get(), "\n", 1) == 1); }

  pid_t pid() const { return pid_; }
  std::uint64_t said(const std::string& name) const {
    INFO(name);
    REQUIRE(said_.count(name) == 1);
    return said_.at(name);
  }

 private:
  pid_t pid_ = 0;
  Fd from_, to_;
  std::map<std::string, std::uint64_t> said_;
};

PythonFacts facts_of(pid_t pid) {
  auto found = find_python({"/", pid}, ProcessMemory(pid));
  if (!found) FAIL(found.error().message);
  REQUIRE(found->has_value());
  return **found;
}

void check_codes(const Program& program, const PythonFacts& facts, const std::string& script) {
  const ProcessMemory memory(program.pid());
  const bool qualified = facts.layout.minor >= 11;
  const auto code = [&](const char* name) {
    auto read = read_code(memory, facts, program.said(name));
    if (!read) FAIL(name << ": " << read.error().message);
    return *read;
  };
  CHECK(code("run").name == CodeName{qualified ? "Worker.run" : "run", script, 5});
  CHECK(code("run").flags == (CODE_KNOWN | CODE_APPLICATION));
  CHECK(code("unicode").name.function == "späte_函数");
  CHECK(code("thread_run").flags == (CODE_KNOWN | CODE_ANCHOR));
  CHECK(code("thread_run").kind == TaskKind::kThread);
  CHECK_FALSE(read_code(memory, facts, program.said("not_code")));
  CHECK_FALSE(read_code(memory, facts, 8));
}

/// The interpreter remembers its arguments, from 3.10 on.
void check_arguments(const Program& program, const PythonFacts& facts,
                     const std::vector<std::string>& arguments) {
  const ProcessMemory memory(program.pid());
  const PythonObjects objects(memory, facts.layout);
  const std::uint64_t sys = objects.module_dict(objects.value(facts.modules, "sys"));
  if (facts.layout.minor >= 10)
    CHECK(read_arguments({"/nonexistent", program.pid()}, objects, sys) == arguments);
  CHECK(read_arguments({"/", program.pid()}, objects, sys) == arguments);
}

void check_asyncio(const Program& program, const PythonFacts& facts) {
  const ProcessMemory memory(program.pid());
  REQUIRE(facts.asyncio);
  const auto poll = read_code(memory, facts, program.said("poll"));
  REQUIRE(poll);
  CHECK(poll->flags == (CODE_KNOWN | CODE_APPLICATION | CODE_COROUTINE));
  const auto handle_run = read_code(memory, facts, program.said("handle_run"));
  REQUIRE(handle_run);
  CHECK(handle_run->flags == (CODE_KNOWN | CODE_ANCHOR | CODE_ENTRY));
  CHECK(facts.kernel.current_tasks == program.said("current_tasks"));
  CHECK(memory.pointer(program.said("task") + facts.kernel.task_coroutine) ==
        program.said("coroutine"));
  CHECK(memory.pointer(program.said("coroutine") + facts.kernel.coroutine_code) ==
        program.said("poll"));
  CHECK(read_task_name(memory, facts, program.said("task")) == "poller");
  const auto current = read_task_name(memory, facts, program.said("current"));
  REQUIRE(current);
  CHECK(current->rfind("Task-", 0) == 0);

  REQUIRE(facts.task_init);
  CHECK(std::filesystem::canonical(facts.task_init->path).string().find("python") !=
        std::string::npos);
  const auto steps = find_step_places({"/", program.pid()});
  REQUIRE(steps);
  CHECK(steps->step.offset != steps->wakeup.offset);
  CHECK(steps->wakeup_has_wrapper == (facts.layout.minor <= 9));
}

/// Adds the names of the code of all frames of all threads, found as the programs in the kernel
/// find them; but here the threads run meanwhile, so that now and then a stack is torn.
void add_functions_on_stacks(const Program& program, const PythonFacts& facts,
                             std::set<std::string>& names) {
  const ProcessMemory memory(program.pid());
  const python_process& at = facts.kernel;
  std::uint64_t thread = memory.pointer(at.interpreter + at.interpreter_threads);
  for (int i = 0; thread && i < 64; i++, thread = memory.pointer(thread + at.thread_next)) {
    std::uint64_t frame = memory.pointer(thread + at.thread_frame);
    if (at.has_cframe) frame = memory.pointer(frame + at.cframe_current_frame);
    for (int j = 0; frame && j < 96; j++, frame = memory.pointer(frame + at.frame_previous)) {
      const auto owner = at.frame_owner ? memory.get<std::uint8_t>(frame + at.frame_owner) : 0;
      if (owner >= at.owner_shim) continue;
      const auto code = read_code(memory, facts, memory.pointer(frame + at.frame_code));
      if (code) names.insert(code->name.function);
    }
  }
}

}  // namespace

TEST_CASE("the system's interpreter is there to be read", "[live][python]") {
  REQUIRE_FALSE(python_interpreters().empty());
}

TEST_CASE("interpreters are read as they say of themselves", "[live][python]") {
  const Fixture fixture;
  fixture.write("job.py", kScript);
  const std::string script = fixture.root() / "job.py";
  for (const std::string& interpreter : python_interpreters()) {
    INFO(interpreter);
    Program program(interpreter, script);
    program.read_until_dot();
    const PythonFacts facts = facts_of(program.pid());
    CHECK(facts.layout.minor == program.said("minor"));
    CHECK_FALSE(facts.uvloop);
    CHECK_FALSE(facts.greenlet);
    check_codes(program, facts, script);
    check_arguments(program, facts, {interpreter, "-X", "utf8", script, ""});
    check_asyncio(program, facts);
    const std::set<std::string> wanted = {facts.layout.minor >= 11 ? "Worker.run" : "run",
                                          "<module>"};
    std::set<std::string> functions;
    const auto all_there = [&] {
      return std::includes(functions.begin(), functions.end(), wanted.begin(), wanted.end());
    };
    for (int i = 0; i < 50 && !all_there(); i++) {
      add_functions_on_stacks(program, facts, functions);
      usleep(10'000);
    }
    CHECK(all_there());
  }
}

TEST_CASE("asyncio that is imported later is found by a second look", "[live][python]") {
  const Fixture fixture;
  fixture.write("job.py", kScript);
  for (const std::string& interpreter : python_interpreters()) {
    INFO(interpreter);
    Program program(interpreter, fixture.root() / "job.py", "early");
    program.read_until_dot();
    PythonFacts facts = facts_of(program.pid());
    const ProcessView process{"/", program.pid()};
    const ProcessMemory memory(program.pid());
    CHECK_FALSE(facts.asyncio);
    CHECK_FALSE(refresh_python(process, memory, facts));
    program.go_on();
    program.read_until_dot();
    CHECK(refresh_python(process, memory, facts));
    check_asyncio(program, facts);
    CHECK_FALSE(refresh_python(process, memory, facts));
  }
}

TEST_CASE("a forked process is read like any other", "[live][python]") {
  const Fixture fixture;
  fixture.write("fork.py",
                "import os, sys\n"
                "child = os.fork()\n"
                "if child: print('child', child, '\\n. 0', flush=True)\n"
                "sys.stdin.read()\n");
  for (const std::string& interpreter : python_interpreters()) {
    INFO(interpreter);
    Program program(interpreter, fixture.root() / "fork.py");
    program.read_until_dot();
    const PythonFacts parent = facts_of(program.pid());
    const PythonFacts child = facts_of(static_cast<pid_t>(program.said("child")));
    CHECK(child.kernel.interpreter == parent.kernel.interpreter);
    CHECK(child.modules == parent.modules);
  }
}

TEST_CASE("a process without an interpreter has none", "[live][python]") {
  const auto found = find_python({"/", getpid()}, ProcessMemory(getpid()));
  REQUIRE(found);
  CHECK_FALSE(found->has_value());
}
