// SPDX-License-Identifier: Apache-2.0
#include "runtime/python_objects.h"

#include <random>

#include "catch.h"
#include "unit/runtime/fake_python.h"
#include "util/utf8.h"

namespace culprit {

TEST_CASE("strings of all widths become UTF-8", "[runtime]") {
  for (int minor = 8; minor <= 13; minor++) {
    FakeMemory memory;
    const PythonLayout layout = *python_layout(minor);
    FakePython python(memory, layout);
    const PythonObjects objects(memory, layout);
    CHECK(objects.text(python.text("poll"), 100) == "poll");
    CHECK(objects.text(python.wide_text<std::uint8_t>({'s', 0xe4}), 100) == "sä");
    CHECK(objects.text(python.wide_text<std::uint16_t>({0x4e2d, 'x', 0x7ff}), 100) == "中x\u07ff");
    CHECK(objects.text(python.wide_text<std::uint32_t>({0x1f600, 'y'}), 100) == "😀y");
    // Halves of surrogate pairs and what is beyond Unicode are no characters.
    CHECK(objects.text(python.wide_text<std::uint16_t>({0xd800}), 100) == "\ufffd");
    CHECK(objects.text(python.wide_text<std::uint32_t>({0x110000, ~0u}), 9) == "\ufffd\ufffd");
    CHECK(objects.text(python.text("poll"), 2) == "po…");
    CHECK(objects.text(python.text(""), 2) == "");
  }
}

TEST_CASE("what is no string, or is torn, is absent", "[runtime]") {
  FakeMemory memory(4096);
  const PythonLayout layout = *python_layout(11);
  FakePython python(memory, layout);
  const PythonObjects objects(memory, layout);
  const std::uint64_t text = python.text("poll");
  CHECK_FALSE(objects.text(0, 10));
  CHECK_FALSE(objects.text(8, 10));
  CHECK_FALSE(objects.text(~0ull, 10));
  memory.put<std::uint64_t>(text + 16, ~0ull);  // its length
  CHECK(objects.text(text, 4) == "poll…");
  CHECK_FALSE(objects.text(text, 1 << 16));  // beyond the end of memory
  memory.put<std::uint32_t>(text + 32, 3 << 2 | 1 << 5);
  CHECK_FALSE(objects.text(text, 10));  // characters of three bytes
  memory.put<std::uint32_t>(text + 32, 1 << 2);
  CHECK_FALSE(objects.text(text, 10));  // characters elsewhere
}

TEST_CASE("dicts are searched by name", "[runtime]") {
  for (int minor = 8; minor <= 13; minor++) {
    FakeMemory memory;
    const PythonLayout layout = *python_layout(minor);
    FakePython python(memory, layout);
    const PythonObjects objects(memory, layout);
    FakePython::Items items;
    for (int i = 0; i < 1500; i++) items.push_back({"name" + std::to_string(i), 1000u + i});
    items[7].second = 0;  // was deleted
    const std::uint64_t dict = python.dict(items);
    CHECK(objects.values(dict, {"name0", "name1499", "name7", "nameX"}) ==
          std::vector<std::uint64_t>{1000, 2499, 0, 0});
    CHECK(objects.value(dict, "name700") == 1700);
    CHECK(objects.size(dict) == 1500u);
    CHECK(objects.value(python.dict({}), "name0") == 0);
    CHECK(objects.small_integer(python.integer(0x030b02f0)) == 0x030b02f0u);
    CHECK_FALSE(objects.small_integer(dict));
    CHECK(objects.is_a(dict, "dict"));
    CHECK_FALSE(objects.is_a(dict, "dic"));
    CHECK_FALSE(objects.is_a(dict, "dictionary"));
    CHECK(objects.type_name(dict) == "dict");
  }
}

TEST_CASE("a dict that is none, or lies about its size, is searched in vain", "[runtime]") {
  FakeMemory memory(8192);
  const PythonLayout layout = *python_layout(11);
  FakePython python(memory, layout);
  const PythonObjects objects(memory, layout);
  const std::uint64_t dict = python.dict({{"name", 1}});
  const std::uint64_t keys = memory.pointer(dict + 32);
  CHECK(objects.value(0, "name") == 0);
  CHECK(objects.value(dict + 8, "name") == 0);
  for (const std::uint64_t count : {~0ull, 1ull << 40, 50'000ull, 1000ull}) {
    memory.put(keys + 24, count);
    memory.reads = 0;
    CHECK(objects.value(dict, "name") == 0);
    CHECK(memory.reads < 10);
  }
  memory.put<std::uint64_t>(keys + 24, 1);
  memory.put<std::uint8_t>(keys + 9, 255);  // 2²⁵⁵ bytes of indices
  CHECK(objects.value(dict, "name") == 0);
}

TEST_CASE("a dict whose keys are the dict itself ends", "[runtime]") {
  FakeMemory memory(8192);
  const PythonLayout layout = *python_layout(10);
  FakePython python(memory, layout);
  const PythonObjects objects(memory, layout);
  const std::uint64_t dict = python.dict({{"name", 1}});
  memory.put(dict + 32, dict);
  CHECK(objects.value(dict, "name") == 0);
}

TEST_CASE("whatever is in memory, reading objects ends and gives UTF-8", "[runtime]") {
  std::mt19937_64 random(1);
  for (int round = 0; round < 300; round++) {
    FakeMemory memory(16384);
    const PythonLayout layout = *python_layout(8 + round % 6);
    FakePython python(memory, layout);
    const std::uint64_t dict = python.dict({{"name", python.text("x")}, {"other", 5}});
    for (int i = 0; i < 20; i++) memory.bytes()[random() % 4096] = static_cast<char>(random());
    const PythonObjects objects(memory, layout);
    memory.reads = 0;
    const std::uint64_t value = objects.value(dict, "name");
    if (const auto text = objects.text(value, 100)) CHECK(is_utf8(*text));
    objects.small_integer(value);
    CHECK(memory.reads < 5000);
  }
}

}  // namespace culprit
