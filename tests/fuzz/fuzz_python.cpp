// SPDX-License-Identifier: Apache-2.0
// All that is read of a Python process; the first byte chooses what of it is made of the
// others: all of its memory, changes to a sound interpreter, its ELF file, or text.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "runtime/process_map.h"
#include "runtime/python_anchors.h"
#include "runtime/python_code.h"
#include "runtime/python_objects.h"
#include "runtime/python_origin.h"
#include "runtime/python_process.h"
#include "runtime/python_steps.h"
#include "tests/unit/collect/fixture.h"
#include "tests/unit/runtime/elf_bytes.h"
#include "tests/unit/runtime/fake_python.h"
#include "util/fd.h"
#include "util/utf8.h"

namespace {

using namespace culprit;

constexpr std::size_t kMemoryBytes = 1 << 16;
constexpr std::uint64_t kRuntime = 0x100;
constexpr std::size_t kMostReads = 200'000;
constexpr int kOldest = 8, kVersions = 6;

void require(bool holds) {
  if (!holds) std::abort();
}

/// What /proc tells of process 42, whose interpreter has its _PyRuntime at kRuntime.
class Host {
 public:
  Host() {
    for (int minor = kOldest; minor < kOldest + kVersions; minor++) {
      ElfBytes elf;
      elf.add_segment(0, 4096, PF_R | PF_X);
      elf.add_symbol("_PyRuntime", kRuntime);
      const std::string process = "proc/" + std::to_string(minor);
      fixture_.write(process + "/map_files/400000-500000", elf.file());
      fixture_.write(process + "/maps", "400000-500000 r-xp 00000000 fe:00 9 /usr/bin/python3." +
                                            std::to_string(minor) + "\n");
    }
  }
  ProcessView process(int minor) const { return {fixture_.root(), minor}; }

 private:
  Fixture fixture_;
};

const Host& host() {
  static const Host one;
  return one;
}

void read_everything(const FakeMemory& memory, int minor) {
  const ProcessView process = host().process(minor);
  auto found = find_python(process, memory);
  if (found && *found) {
    (*found)->modules_seen++;
    refresh_python(process, memory, **found);
  }
  PythonFacts facts;
  facts.layout = *python_layout(minor);
  for (std::uint64_t at = 0; at < 2048; at += 64) {
    const std::uint64_t address = FakeMemory::kBegin + at;
    if (const auto code = read_code(memory, facts, address)) {
      require(is_utf8(code->name.function) && is_utf8(code->name.file));
      require(code->flags & CODE_KNOWN);
    }
    if (const auto name = read_task_name(memory, facts, address)) require(is_utf8(*name));
  }
  require(memory.reads < kMostReads);
}

void fuzz_memory(std::string_view bytes, int minor) {
  FakeMemory memory(kMemoryBytes);
  memory.put_text(FakeMemory::kBegin, bytes.substr(0, kMemoryBytes));
  read_everything(memory, minor);
}

/// Changes are a place, of 16 bits, and the word that is there then.
void fuzz_changes(std::string_view bytes, int minor) {
  constexpr std::size_t kChangeBytes = 10;
  FakeMemory memory(kMemoryBytes);
  memory.allocate(4096);  // _PyRuntime, and 3.14's table
  FakePython python(memory, *python_layout(minor));
  const std::uint64_t task = python.type("Task");
  const auto asyncio = python.module({{"_current_tasks", python.dict({})}, {"Task", task}});
  const auto sys = python.module(
      {{"hexversion", python.integer(0x03000000u | static_cast<unsigned>(minor) << 16)}});
  const auto runtime =
      python.runtime(python.dict({{"sys", sys}, {"_asyncio", asyncio}, {"greenlet", 1}}));
  python.code(python.text("poll"), python.text("/srv/jobs.py"), 1, 0x80);
  std::memcpy(&memory.bytes()[kRuntime], &memory.bytes()[runtime - FakeMemory::kBegin], 1024);
  for (; bytes.size() >= kChangeBytes; bytes.remove_prefix(kChangeBytes)) {
    std::uint16_t place = 0;
    std::memcpy(&place, bytes.data(), sizeof(place));
    place = std::min<std::uint16_t>(place, kMemoryBytes - 8);
    std::memcpy(&memory.bytes()[place], bytes.data() + sizeof(place), 8);
  }
  read_everything(memory, minor);
}

void fuzz_file(std::string_view bytes, int) {
  const Fd file(memfd_create("fuzz", MFD_CLOEXEC));
  require(write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  find_steps(file.get());
}

void fuzz_text(std::string_view bytes, int minor) {
  const ProcessMap map = ProcessMap::parse(bytes);
  for (const Mapping& mapping : map.mappings())
    require(mapping.begin < mapping.end && !mapping.path.empty());
  const std::string_view half = bytes.substr(0, bytes.size() / 2);
  const std::vector<std::string> arguments = {"python3", std::string(half), std::string(bytes)};
  const PythonOrigin origin = PythonOrigin::of(arguments, bytes);
  require(origin.packages().size() <= 32);
  origin.is_application(bytes, half);
  PythonOrigin::of({std::string(bytes)}, half);
  find_anchor(bytes, half, minor >= 11);
}

constexpr std::array kWays = {fuzz_memory, fuzz_changes, fuzz_file, fuzz_text};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  kWays[data[0] % kWays.size()](bytes, kOldest + data[1] % kVersions);
  return 0;
}
