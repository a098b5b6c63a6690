// SPDX-License-Identifier: Apache-2.0
#include "runtime/python_code.h"

#include "catch.h"
#include "unit/runtime/fake_python.h"

namespace culprit {
namespace {

constexpr const char* kEvents = "/usr/lib/python3.11/asyncio/events.py";

struct Interpreter {
  explicit Interpreter(int minor) : python(memory, *python_layout(minor)) {
    facts.layout = *python_layout(minor);
    facts.code_type = python.code_type;
  }
  std::uint64_t code(const char* function, const char* file, std::uint32_t flags = 0) {
    return python.code(python.text(function), python.text(file), 12, flags);
  }
  Result<PythonCode> read(std::uint64_t address) const { return read_code(memory, facts, address); }

  FakeMemory memory;
  FakePython python;
  PythonFacts facts;
};

}  // namespace

TEST_CASE("code of the application", "[runtime]") {
  for (int minor = 8; minor <= 13; minor++) {
    Interpreter interpreter(minor);
    const auto code = interpreter.read(interpreter.code("poll", "/srv/jobs.py", 0x80 | 3));
    REQUIRE(code);
    CHECK(code->name == CodeName{"poll", "/srv/jobs.py", 12});
    CHECK(code->flags == (CODE_KNOWN | CODE_APPLICATION | CODE_COROUTINE));
    CHECK_FALSE(code->kind);
    CHECK(code->framework.empty());
  }
}

TEST_CASE("code of libraries, and anchors among it", "[runtime]") {
  Interpreter interpreter(11);
  const auto library = interpreter.read(interpreter.code("BaseEventLoop._run_once", kEvents));
  REQUIRE(library);
  CHECK(library->flags == CODE_KNOWN);
  const auto anchor = interpreter.read(interpreter.code("Handle._run", kEvents));
  REQUIRE(anchor);
  CHECK(anchor->flags == (CODE_KNOWN | CODE_ANCHOR | CODE_ENTRY));
  CHECK(anchor->kind == TaskKind::kCallback);
  const auto view =
      interpreter.read(interpreter.code("Flask.dispatch_request", "/v/site-packages/flask/app.py"));
  REQUIRE(view);
  CHECK(view->flags == (CODE_KNOWN | CODE_ANCHOR));
  CHECK(view->framework == "flask");
  // What the application calls by the same name is the application's.
  const auto own = interpreter.read(interpreter.code("Thread.run", "/srv/threading.py"));
  REQUIRE(own);
  CHECK(own->flags == (CODE_KNOWN | CODE_APPLICATION));
}

TEST_CASE("names are safe to show", "[runtime]") {
  Interpreter interpreter(12);
  const auto code = interpreter.read(interpreter.code("po\x1b[2Jll", "/srv/\njobs.py"));
  REQUIRE(code);
  CHECK(code->name.function == "po?[2Jll");
  CHECK(code->name.file == "/srv/?jobs.py");
  const std::string longer(2000, 'x');
  const auto cut = interpreter.read(interpreter.code(longer.c_str(), "/srv/jobs.py"));
  REQUIRE(cut);
  CHECK(cut->name.function == std::string(512, 'x') + "…");
}

TEST_CASE("what is no code object is none", "[runtime]") {
  Interpreter interpreter(11);
  FakePython& python = interpreter.python;
  const std::uint64_t name = python.text("poll"), file = python.text("/srv/jobs.py");
  const std::uint64_t code = python.code(name, file, 1, 0);
  REQUIRE(interpreter.read(code));
  CHECK_FALSE(interpreter.read(0));
  CHECK_FALSE(interpreter.read(code + 4));
  CHECK_FALSE(interpreter.read(code + 8));
  CHECK_FALSE(interpreter.read(name));
  CHECK_FALSE(interpreter.read(~0ull - 7));
  CHECK_FALSE(interpreter.read(python.code(0, file, 1, 0)));
  CHECK_FALSE(interpreter.read(python.code(name, code, 1, 0)));
  CHECK_FALSE(interpreter.read(python.code(python.text(""), file, 1, 0)));
}

TEST_CASE("code is known by its type's name when the type's address is not", "[runtime]") {
  Interpreter interpreter(10);
  interpreter.facts.code_type = 0;
  CHECK(interpreter.read(interpreter.code("poll", "/srv/jobs.py")));
  CHECK_FALSE(interpreter.read(interpreter.python.text("poll")));
}

TEST_CASE("names of asyncio's tasks", "[runtime]") {
  Interpreter interpreter(12);
  const std::uint64_t task = interpreter.python.object(interpreter.python.type("Task"), 256);
  const std::uint64_t field = task + interpreter.facts.layout.task_name;
  interpreter.memory.put(field, interpreter.python.text("poller"));
  CHECK(read_task_name(interpreter.memory, interpreter.facts, task) == "poller");
  interpreter.memory.put(field, interpreter.python.integer(7));
  CHECK(read_task_name(interpreter.memory, interpreter.facts, task) == "Task-7");
  interpreter.memory.put(field, task);
  CHECK_FALSE(read_task_name(interpreter.memory, interpreter.facts, task));
  CHECK_FALSE(read_task_name(interpreter.memory, interpreter.facts, 0));
}

}  // namespace culprit
