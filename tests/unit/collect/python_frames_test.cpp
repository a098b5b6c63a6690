// SPDX-License-Identifier: Apache-2.0
#include "collect/python_frames.h"

#include "bpf/stack.h"
#include "catch.h"

namespace culprit {
namespace {

using Ids = std::vector<std::uint32_t>;

/// With code objects at 8 and 16; counts how often it is asked.
struct Codes {
  const PythonCode* find(std::uint64_t address) {
    ++asked;
    if (address != 8 && address != 16) return nullptr;
    code.name = {address == 8 ? "inner" : "Outer.run", "/srv/app.py", address == 8 ? 12u : 0u};
    return &code;
  }
  PythonCode code;
  int asked = 0;
};

}  // namespace

TEST_CASE("code objects get names once, nulls stay", "[python][stacks]") {
  FrameBook book;
  PythonFrames frames(book);
  Codes codes;
  const auto find = [&](std::uint64_t address) { return codes.find(address); };
  CHECK(frames.ids(7, 1, {}, find).empty());
  const Ids ids = frames.ids(7, 1, {8, 0, 16, TRACE_CUT}, find);
  const auto names = book.take_new();
  REQUIRE(names.size() == 3);
  CHECK(ids == Ids{names[0].id, 0, names[1].id, names[2].id});
  CHECK(names[0].kind == CodeKind::kPython);
  CHECK(names[0].function == "inner");
  CHECK(names[0].module == "/srv/app.py:12");
  CHECK(names[1].function == "Outer.run");
  CHECK(names[1].module == "/srv/app.py");
  CHECK(names[2].function == "[more callers]");
  CHECK(frames.ids(7, 1, {8, 0, 16, TRACE_CUT}, find) == ids);
  CHECK(codes.asked == 2);
  // Another process at the same addresses.
  frames.ids(7, 2, {8}, find);
  CHECK(codes.asked == 3);
}

TEST_CASE("where there was no room for more callers, that is told", "[python][stacks]") {
  FrameBook book;
  PythonFrames frames(book);
  Codes codes;
  const auto find = [&](std::uint64_t address) { return codes.find(address); };
  const Ids ids = frames.ids(7, 1, std::vector<std::uint64_t>(TRACE_FRAMES, 8), find);
  const auto names = book.take_new();
  REQUIRE(ids.size() == TRACE_FRAMES + 1);
  CHECK(ids.back() == names.back().id);
  CHECK(names.back().function == "[more callers]");
}

TEST_CASE("what could not be read is unknown, and asked for again", "[python][stacks]") {
  FrameBook book;
  PythonFrames frames(book);
  Codes codes;
  const auto find = [&](std::uint64_t address) { return codes.find(address); };
  const Ids ids = frames.ids(7, 1, {24}, find);
  const auto names = book.take_new();
  REQUIRE(names.size() == 1);
  CHECK(names[0].function == "[unknown]");
  CHECK(ids == Ids{names[0].id});
  frames.ids(7, 1, {24}, find);
  CHECK(codes.asked == 2);
}

}  // namespace culprit
