// SPDX-License-Identifier: Apache-2.0
#include "runtime/python_arguments.h"

#include "catch.h"
#include "unit/collect/fixture.h"
#include "unit/runtime/fake_python.h"

namespace culprit {
namespace {

using Arguments = std::vector<std::string>;

constexpr std::string_view kWrapper = "from shop.cli import main\nsys.exit(main())\n";

struct Process {
  Process() { fixture.write("proc/42/cmdline", std::string("gunicorn: worker\0x", 18)); }
  Arguments arguments(std::uint64_t list) {
    const PythonObjects objects(memory, layout);
    return read_arguments(view(), objects, python.dict({{"orig_argv", list}}));
  }
  ProcessView view() const { return {fixture.root(), 42}; }

  Fixture fixture;
  FakeMemory memory{1 << 16};
  PythonLayout layout = *python_layout(11);
  FakePython python{memory, layout};
};

}  // namespace

TEST_CASE("arguments are those that the interpreter remembers", "[runtime]") {
  Process process;
  FakePython& python = process.python;
  CHECK(process.arguments(python.list({python.text("python3"), python.text("a.py"), 8})) ==
        Arguments{"python3", "a.py", ""});
}

TEST_CASE("arguments are the kernel's where the interpreter has none", "[runtime]") {
  Process process;
  const Arguments kernel = {"gunicorn: worker", "x"};
  CHECK(process.arguments(0) == kernel);
  CHECK(process.arguments(process.python.text("python3")) == kernel);
  CHECK(process.arguments(process.python.list({})) == kernel);
  const std::uint64_t list = process.python.list({1});
  process.memory.put(list + 16, ~0ull);
  process.memory.put<std::uint64_t>(list + 24, 8);
  CHECK(process.arguments(list) == kernel);
}

TEST_CASE("the script is read where the process sees it", "[runtime]") {
  Process process;
  process.fixture.write("proc/42/root/venv/bin/shopd", kWrapper);
  process.fixture.write("proc/42/cwd/bin/shopd", kWrapper);
  for (const char* script : {"/venv/bin/shopd", "bin/shopd"})
    CHECK(read_origin(process.view(), {"python3", script}).packages().count("shop") == 1);
  CHECK(read_origin(process.view(), {"python3", "/venv/bin/other"}).packages().empty());
  CHECK(read_origin(process.view(), {}).packages().empty());
}

}  // namespace culprit
