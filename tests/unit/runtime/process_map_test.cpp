// SPDX-License-Identifier: Apache-2.0
#include "runtime/process_map.h"

#include <unistd.h>

#include <array>

#include "catch.h"
#include "runtime/process_memory.h"
#include "unit/collect/fixture.h"
#include "unit/runtime/fake_python.h"

namespace culprit {
namespace {

constexpr std::string_view kMaps =
    "00400000-00452000 r-xp 00001000 08:02 173521      /usr/bin/python3.11\n"
    "00e03000-00e24000 rw-p 00000000 00:00 0           [heap]\n"
    "35b1800000-35b1820000 r--p 00000000 08:02 135522  /a dir/lib x.so (deleted)\n"
    "7f0000000000-7f0000001000 rw-p 00000000 00:00 0 \n"
    "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0  [vsyscall]\n";

}  // namespace

TEST_CASE("mapped files of a process", "[runtime]") {
  const ProcessMap map = ProcessMap::parse(kMaps);
  REQUIRE(map.mappings().size() == 2);
  CHECK(map.mappings()[0].path == "/usr/bin/python3.11");
  CHECK(map.mappings()[0].name() == "python3.11");
  CHECK(map.mappings()[0].executable);
  CHECK(map.mappings()[1].path == "/a dir/lib x.so");
  CHECK_FALSE(map.mappings()[1].executable);
  CHECK(map.at(0x400000) == &map.mappings()[0]);
  CHECK(map.at(0x451fff) == &map.mappings()[0]);
  CHECK(map.at(0x452000) == nullptr);
  CHECK(map.at(0x3fffff) == nullptr);
  CHECK(map.at(0xe03000) == nullptr);
}

TEST_CASE("a place of code in the file that is mapped there", "[runtime]") {
  const ProcessMap map = ProcessMap::parse(kMaps);
  const ProcessView process{"/host", 42};
  CHECK(process.place_of(map, 0x400010) ==
        FilePlace{"/host/proc/42/map_files/400000-452000", 0x1010});
  CHECK_FALSE(process.place_of(map, 0));
  CHECK_FALSE(process.place_of(map, 0x35b1800000));  // no code is there
}

TEST_CASE("lines that map nothing are passed over", "[runtime]") {
  for (const std::string& text : garbage_texts()) {
    const ProcessMap map = ProcessMap::parse(text);
    for (const Mapping& mapping : map.mappings()) CHECK(mapping.begin < mapping.end);
  }
  const ProcessMap none =
      ProcessMap::parse("2-1 r-xp 0 0:0 1 /a\n1-2 r 0 0:0 1 /a\n1-2\n1-2 r-xp 0 /a\n");
  CHECK(none.mappings().empty());
}

TEST_CASE("memory of a process is read whole or not at all", "[runtime]") {
  const ProcessMemory memory(getpid());
  const std::uint64_t value = 0x1234567890abcdef;
  CHECK(memory.pointer(reinterpret_cast<std::uint64_t>(&value)) == value);
  CHECK_FALSE(memory.get<std::uint64_t>(0));
  CHECK_FALSE(memory.get<std::uint64_t>(~0ull - 3));
  CHECK(memory.pointer(8) == 0);
}

TEST_CASE("memory of a moment is read once a page", "[runtime]") {
  constexpr std::uint64_t kBegin = FakeMemory::kBegin;
  FakeMemory memory(2 * 4096 + 100);
  memory.put<std::uint64_t>(kBegin + 4092, 0x0102030405060708);
  const MomentaryMemory moment(memory);
  CHECK(moment.pointer(kBegin + 4092) == 0x0102030405060708);  // in two pages
  CHECK(memory.reads == 2);
  memory.put<std::uint64_t>(kBegin + 4092, 5);
  CHECK(moment.pointer(kBegin + 4092) == 0x0102030405060708);
  CHECK(memory.reads == 2);
  // Pages that are not whole, what is longer than a page, and what is nowhere.
  memory.put<std::uint64_t>(kBegin + 2 * 4096 + 92, 7);
  CHECK(moment.pointer(kBegin + 2 * 4096 + 92) == 7);
  CHECK_FALSE(moment.get<std::uint64_t>(kBegin + 2 * 4096 + 93));
  std::array<char, 8000> bytes;
  CHECK(moment.read(kBegin, bytes.data(), bytes.size()));
  CHECK_FALSE(moment.read(kBegin + 1000, bytes.data(), bytes.size()));
  CHECK_FALSE(moment.get<std::uint64_t>(0));
  CHECK_FALSE(moment.get<std::uint64_t>(~0ull - 3));
}

}  // namespace culprit
