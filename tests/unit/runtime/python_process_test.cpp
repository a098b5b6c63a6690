// SPDX-License-Identifier: Apache-2.0
#include "runtime/python_process.h"

#include "catch.h"
#include "unit/collect/fixture.h"
#include "unit/runtime/elf_bytes.h"
#include "unit/runtime/fake_python.h"

namespace culprit {
namespace {

/// A process 42 with an interpreter, its memory and what /proc tells of it.
class Process {
 public:
  explicit Process(int minor) : Process(*python_layout(minor)) {}
  explicit Process(const PythonLayout& layout) : python(memory, layout) {
    const unsigned minor = layout.minor;
    sys = {{"hexversion", python.integer(0x03000000u | minor << 16)}};
    file_name = "python3." + std::to_string(minor);
  }

  /// What the program has imported besides sys.
  void run(FakePython::Items modules = {}) {
    modules.push_back({"sys", python.module(sys)});
    modules_ = python.dict(modules);
    runtime_ = python.runtime(modules_);
    ElfBytes elf;
    elf.add_segment(0, 4096, PF_R | PF_X);
    elf.add_symbol("_PyRuntime", runtime_ - FakeMemory::kBegin);
    elf.add_symbol("PyCode_Type", python.code_type - FakeMemory::kBegin);
    fixture.write("proc/42/map_files/400000-500000", elf.file());
    fixture.write("proc/42/maps", "400000-500000 r-xp 00000000 fe:00 9 /usr/bin/" + file_name +
                                      "\n600000-700000 r-xp 00001000 fe:00 8 /v/_asyncio.so\n");
  }
  Result<std::optional<PythonFacts>> find() const { return find_python(view(), memory); }
  PythonFacts facts() const {
    const auto found = find();
    if (!found) FAIL(found.error().message);
    REQUIRE(found->has_value());
    return **found;
  }
  std::string refusal() const {
    const auto found = find();
    REQUIRE_FALSE(found);
    return found.error().message;
  }
  /// As 3.14 does at the start of _PyRuntime.
  void describe(const PythonLayout& layout) {
    memory.put_text(runtime_, "xdebugpy");
    const std::pair<int, std::uint64_t> words[] = {
        {1, 0x030e00f0},
        {5, layout.runtime_interpreters},
        {9, layout.interpreter_threads},
        {12, layout.interpreter_modules},
        {24, layout.thread_next},
        {25, layout.thread_interpreter},
        {27, layout.thread_id},
        {80, layout.ascii_data},
    };
    for (const auto& [index, value] : words) memory.put(runtime_ + index * 8, value);
  }
  std::uint64_t asyncio() {
    const std::uint64_t task = python.type("Task");
    memory.put<std::uint64_t>(task + 296, 0x600040);
    return python.module({{"_current_tasks", tasks = python.dict({})}, {"Task", task}});
  }
  /// The dict of modules becomes that one.
  void import(FakePython::Items modules) {
    const std::uint64_t other = python.dict(modules);
    memory.put(modules_ + 16, memory.pointer(other + 16));
    memory.put(modules_ + 32, memory.pointer(other + 32));
  }
  ProcessView view() const { return {fixture.root(), 42}; }

 private:
  std::uint64_t modules_ = 0, runtime_ = 0;

 public:
  Fixture fixture;
  FakeMemory memory;
  FakePython python;
  FakePython::Items sys;
  std::string file_name;
  std::uint64_t tasks = 0;
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("an interpreter is found, and where its things are", "[runtime]") {
  for (int minor = 8; minor <= 13; minor++) {
    INFO(minor);
    Process process(minor);
    process.run({{"_asyncio", process.asyncio()}, {"greenlet", 1}});
    const PythonFacts facts = process.facts();
    CHECK(facts.layout.minor == minor);
    CHECK(facts.name() == "cpython 3." + std::to_string(minor));
    CHECK(facts.kernel.interpreter == process.python.interpreter);
    CHECK(facts.kernel.current_tasks == process.tasks);
    CHECK(facts.code_type == process.python.code_type);
    CHECK(facts.asyncio);
    CHECK(facts.greenlet);
    CHECK_FALSE(facts.uvloop);
    REQUIRE(facts.task_init);
    CHECK(facts.task_init->path ==
          (process.fixture.root() / "proc/42/map_files/600000-700000").string());
    CHECK(facts.task_init->offset == 0x1040);
  }
}

TEST_CASE("3.14 is read by its own tables", "[runtime]") {
  PythonLayout layout = *python_layout(13);
  layout.minor = 14;
  layout.runtime_interpreters = 808;
  Process process(layout);
  process.run({{"_asyncio", process.asyncio()}});
  process.describe(layout);
  ElfBytes module;
  const AsyncioTable table{216, 136, 0, 0, 0, 128, 0, 0, 0, 0, 864, 872};
  module.put_text(0x800, {reinterpret_cast<const char*>(table.data()), sizeof(table)});
  module.add_section(".AsyncioDebug", SHT_PROGBITS, 0x800, sizeof(table));
  process.fixture.write("proc/42/map_files/600000-700000", module.file());
  const PythonFacts facts = process.facts();
  CHECK(facts.layout.minor == 14);
  CHECK(facts.asyncio);
  CHECK(facts.kernel.current_tasks == 0);
  CHECK(facts.kernel.thread_running_task == 872);
  CHECK(facts.kernel.task_coroutine == 128);
  CHECK(facts.layout.task_name == 136);
}

TEST_CASE("the version is tried where no name tells it", "[runtime]") {
  for (int minor = 8; minor <= 10; minor++) {
    Process process(minor);
    process.file_name = "python";
    process.run();
    CHECK(process.facts().layout.minor == minor);
  }
}

TEST_CASE("uvloop's function for writes is found by its type", "[runtime]") {
  Process process(11);
  FakePython& python = process.python;
  const std::uint64_t definition = process.memory.allocate(32);
  process.memory.put<std::uint64_t>(definition + 8, 0x600080);
  const std::uint64_t method = python.object(python.type("method_descriptor"), 64);
  process.memory.put(method + 40, definition);
  const std::uint64_t stream = python.type("UVStream");
  process.memory.put(stream + 264, python.dict({{"write", method}}));
  process.run({{"uvloop.loop", python.module({{"UVStream", stream}})}});
  const PythonFacts facts = process.facts();
  CHECK(facts.uvloop);
  REQUIRE(facts.uvloop_write);
  CHECK(facts.uvloop_write->offset == 0x1080);
}

TEST_CASE("modules that are imported later are found by a second look", "[runtime]") {
  Process process(12);
  process.run();
  PythonFacts facts = process.facts();
  process.memory.reads = 0;
  CHECK_FALSE(refresh_python(process.view(), process.memory, facts));
  CHECK(process.memory.reads == 1);
  // It is being imported: what is needed of it is not there yet.
  process.import({{"_asyncio", process.python.module({})}, {"a", 1}});
  CHECK_FALSE(refresh_python(process.view(), process.memory, facts));
  CHECK_FALSE(facts.asyncio);
  process.import({{"_asyncio", process.asyncio()}, {"a", 1}});
  CHECK(refresh_python(process.view(), process.memory, facts));
  CHECK(facts.kernel.current_tasks == process.tasks);
  CHECK_FALSE(refresh_python(process.view(), process.memory, facts));
}

TEST_CASE("a process without an interpreter is no error", "[runtime]") {
  const Fixture fixture;
  const FakeMemory memory;
  const auto gone = find_python({fixture.root(), 42}, memory);
  REQUIRE(gone);
  CHECK_FALSE(*gone);
  fixture.write("proc/42/maps", "400000-500000 r-xp 00000000 fe:00 9 /usr/sbin/nginx\n");
  const auto other = find_python({fixture.root(), 42}, memory);
  REQUIRE(other);
  CHECK_FALSE(*other);
  CHECK(memory.reads == 0);
}

TEST_CASE("interpreters that cannot be read are refused with the reason", "[runtime]") {
  Process process(11);
  SECTION("an old one") {
    process.file_name = "python3.7";
    process.run();
    CHECK(has(process.refusal(), "Python 3.7 is older than 3.8"));
  }
  SECTION("one that is not known") {
    process.file_name = "python3.99";
    process.run();
    CHECK(has(process.refusal(), "Python 3.99 is not known"));
  }
  SECTION("another than its name says") {
    process.file_name = "python3.9";
    process.run();
    CHECK(has(process.refusal(), "3.9"));
  }
  SECTION("a debug build") {
    process.sys.push_back({"gettotalrefcount", 1});
    process.run();
    CHECK(has(process.refusal(), "debug build"));
    CHECK(process.find().error().kind == ErrorKind::kHost);
  }
  SECTION("one that is starting") {
    process.run();
    for (char& byte : process.memory.bytes()) byte = 0;
    CHECK(has(process.refusal(), "starting"));
    CHECK(process.find().error().kind == ErrorKind::kFailed);
  }
  SECTION("without its file") {
    process.run();
    process.fixture.write("proc/42/map_files/400000-500000", ElfBytes().file());
    CHECK(has(process.refusal(), "no _PyRuntime"));
  }
}

TEST_CASE("an interpreter without a thread is not trusted", "[runtime]") {
  Process process(11);
  process.run();
  FakeMemory& memory = process.memory;
  const std::uint64_t thread = process.python.thread;
  SECTION("its id is no address of a thread") {
    memory.put(thread + 152, thread);
  }
  SECTION("its id is nothing that can be read") {
    memory.put(thread + 152, ~0ull);
  }
  SECTION("it belongs to another interpreter") {
    memory.put(thread + 16, thread);
  }
  SECTION("the list of threads is a circle") {
    memory.put(thread + 16, thread);
    memory.put(thread + 8, thread);
  }
  memory.reads = 0;
  CHECK(has(process.refusal(), "thread"));
  CHECK(memory.reads < 1000);
}

}  // namespace culprit
