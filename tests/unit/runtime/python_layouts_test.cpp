// SPDX-License-Identifier: Apache-2.0
#include "runtime/python_layouts.h"

#include <algorithm>

#include "catch.h"
#include "unit/runtime/fake_python.h"

namespace culprit {
namespace {

/// struct _Py_DebugOffsets: as many words as each of its parts has, with values that tell
/// where they stand.
class DebugOffsets {
 public:
  explicit DebugOffsets(std::uint64_t version, std::uint64_t free_threaded = 0) {
    memory.put_text(FakeMemory::kBegin, "xdebugpy");
    for (std::size_t i = 3; i < 96; i++) put(i, i);
    put(1, version);
    put(2, free_threaded);
  }
  void put(std::size_t index, std::uint64_t value) {
    memory.put(FakeMemory::kBegin + index * 8, value);
  }
  Result<std::optional<PythonLayout>> read() const {
    return own_layout(memory, FakeMemory::kBegin);
  }

  FakeMemory memory{1024};
};

}  // namespace

TEST_CASE("layouts of versions that do not tell theirs", "[runtime]") {
  for (int minor = 8; minor <= 13; minor++) {
    const auto layout = python_layout(minor);
    REQUIRE(layout);
    CHECK(layout->minor == minor);
    CHECK(layout->has_cframe == (minor == 11 || minor == 12));
    CHECK((layout->code_qualname != 0) == (minor >= 11));
    const python_process kernel = kernel_layout(*layout);
    CHECK(kernel.thread_id == layout->thread_id);
    CHECK(kernel.keys_log2 == (minor >= 11));
    CHECK(kernel.owner_shim == (minor >= 12 ? 3 : 255));
    CHECK(std::max(kernel.thread_id, kernel.thread_frame) <= PYTHON_THREAD_STATE_BYTES - 8);
    CHECK(std::max(kernel.frame_code, kernel.frame_previous) <= PYTHON_FRAME_BYTES - 8);
    CHECK(kernel.frame_owner < PYTHON_FRAME_BYTES);
  }
  CHECK_FALSE(python_layout(7));
  CHECK_FALSE(python_layout(14));
}

TEST_CASE("3.14 is laid out as its own table says", "[runtime]") {
  const auto read = DebugOffsets(0x030e08f0).read();
  REQUIRE(read);
  REQUIRE(*read);
  const PythonLayout& layout = **read;
  CHECK(layout.minor == 14);
  // The place of each in the struct of Include/internal/pycore_debug_offsets.h.
  CHECK(layout.runtime_interpreters == 5);
  CHECK(layout.interpreter_threads == 9);
  CHECK(layout.interpreter_modules == 12);
  CHECK(layout.thread_next == 24);
  CHECK(layout.thread_interpreter == 25);
  CHECK(layout.thread_frame == 26);
  CHECK(layout.thread_id == 27);
  CHECK(layout.frame_previous == 32);
  CHECK(layout.frame_code == 33);
  CHECK(layout.frame_owner == 36);
  CHECK(layout.code_file == 40);
  CHECK(layout.code_name == 41);
  CHECK(layout.code_qualname == 42);
  CHECK(layout.code_line == 44);
  CHECK(layout.ascii_data == 80);
  CHECK(layout.compact_data == 80 + 16);
  CHECK(layout.coroutine_code == 85 + 33);
  CHECK_FALSE(layout.has_cframe);
  CHECK(layout.task_coroutine == 0);
}

TEST_CASE("3.13 has its own table as well, and what that lacks is known", "[runtime]") {
  const auto read = DebugOffsets(0x030d00f0).read();
  REQUIRE(read);
  REQUIRE(*read);
  CHECK((*read)->minor == 13);
  CHECK((*read)->interpreter_modules == 11);
  CHECK((*read)->thread_frame == 23);
  CHECK((*read)->code_qualname == 37);
  CHECK((*read)->ascii_data == 40);
  CHECK((*read)->task_coroutine == 120);
}

TEST_CASE("a table that cannot be used is told with the reason", "[runtime]") {
  const auto free_threaded = DebugOffsets(0x030d00f0, 1).read();
  REQUIRE_FALSE(free_threaded);
  CHECK(free_threaded.error().message.find("free-threaded") != std::string::npos);
  const auto later = DebugOffsets(0x030f00f0).read();
  REQUIRE_FALSE(later);
  CHECK(later.error().message.find("3.15") != std::string::npos);
}

TEST_CASE("a table with values that no version has is refused", "[runtime]") {
  const auto reads = [](std::size_t index, std::uint64_t value) {
    DebugOffsets table(0x030e00f0);
    table.put(index, value);
    return bool(table.read());
  };
  CHECK_FALSE(reads(9, 1ull << 40));
  // Beyond what is read at once of a thread and of a frame.
  for (const std::size_t of_thread : {26, 27}) {
    CHECK(reads(of_thread, PYTHON_THREAD_STATE_BYTES - 8));
    CHECK_FALSE(reads(of_thread, PYTHON_THREAD_STATE_BYTES - 7));
  }
  for (const std::size_t of_frame : {32, 33}) {
    CHECK(reads(of_frame, PYTHON_FRAME_BYTES - 8));
    CHECK_FALSE(reads(of_frame, PYTHON_FRAME_BYTES - 7));
  }
  CHECK(reads(36, PYTHON_FRAME_BYTES - 1));
  CHECK_FALSE(reads(36, PYTHON_FRAME_BYTES));
}

TEST_CASE("without a table there is none", "[runtime]") {
  const FakeMemory memory(1024);
  const auto read = own_layout(memory, FakeMemory::kBegin);
  REQUIRE(read);
  CHECK_FALSE(*read);
  const auto nowhere = own_layout(memory, 0);
  REQUIRE(nowhere);
  CHECK_FALSE(*nowhere);
}

TEST_CASE("3.14 tells where asyncio has its tasks", "[runtime]") {
  PythonLayout layout;
  AsyncioTable table{216, 136, 0, 0, 0, 128, 0, 0, 0, 0, 864, 872};
  REQUIRE(add_asyncio_layout(table, layout));
  CHECK(layout.task_name == 136);
  CHECK(layout.task_coroutine == 128);
  CHECK(layout.thread_running_task == 872);
  table[5] = ~0ull;
  CHECK_FALSE(add_asyncio_layout(table, layout));
  CHECK_FALSE(add_asyncio_layout({}, layout));
  CHECK(layout.task_coroutine == 128);
}

}  // namespace culprit
