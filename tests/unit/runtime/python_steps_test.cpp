// SPDX-License-Identifier: Apache-2.0
#include "runtime/python_steps.h"

#include <fcntl.h>

#include <random>

#include "catch.h"
#include "unit/collect/fixture.h"
#include "unit/runtime/elf_bytes.h"
#include "util/fd.h"

namespace culprit {
namespace {

// Where a module of one page of code, one of names and one of data has what counts.
constexpr std::uint64_t kStep = 0x110, kWakeup = 0x220;
constexpr std::uint64_t kNames = 0x1000, kStepName = 0x1000, kWakeupName = 0x1040;
constexpr std::uint64_t kStepType = 0x2000, kWakeupType = 0x2200;
constexpr std::uint64_t kSlots = 0x2400, kMethods = 0x2600;

ElfBytes module() {
  ElfBytes elf(0x3000);
  elf.add_segment(0, 0x1000, PF_R | PF_X);
  elf.add_segment(kNames, 0x1000, PF_R);
  elf.add_segment(0x2000, 0x1000, PF_R | PF_W);
  return elf;
}

std::optional<PythonSteps> find(const std::string& bytes) {
  const Fixture fixture;
  fixture.write("_asyncio.so", bytes);
  const Fd file(open((fixture.root() / "_asyncio.so").c_str(), O_RDONLY | O_CLOEXEC));
  return find_steps(file.get());
}

/// As in 3.8: two static types, whose tp_name and tp_call count.
std::string with_static_types() {
  ElfBytes elf = module();
  elf.put_text(kStepName, "TaskStepMethWrapper");
  elf.put_text(kWakeupName, "TaskWakeupMethWrapper");
  elf.add_relocation(kStepType + 24, kStepName);
  elf.add_relocation(kStepType + 128, kStep);
  elf.add_relocation(kWakeupType + 24, kWakeupName);
  elf.add_relocation(kWakeupType + 128, kWakeup);
  return elf.file();
}

/// As in 3.12: a type made from slots, and a method.
std::string with_slots() {
  ElfBytes elf = module();
  elf.put_text(kStepName, "_asyncio.TaskStepMethWrapper");
  elf.put_text(kWakeupName, "task_wakeup");
  elf.add_relocation(kStepType, kStepName);
  elf.add_relocation(kStepType + 24, kSlots);
  elf.put_text(kSlots, std::string("\x34\0\0\0", 4));  // Py_tp_dealloc
  elf.put_text(kSlots + 16, std::string("\x32\0\0\0", 4));
  elf.add_relocation(kSlots + 24, kStep);
  elf.add_relocation(kMethods, kWakeupName);
  elf.add_relocation(kMethods + 8, kWakeup);
  return elf.file();
}

}  // namespace

TEST_CASE("the functions that resume tasks are found without symbols", "[runtime]") {
  CHECK(find(with_static_types()) == PythonSteps{kStep, kWakeup, true});
  CHECK(find(with_slots()) == PythonSteps{kStep, kWakeup, false});
}

TEST_CASE("functions that are no code are none", "[runtime]") {
  ElfBytes elf = module();
  elf.put_text(kStepName, "TaskStepMethWrapper");
  elf.put_text(kWakeupName, "TaskWakeupMethWrapper");
  elf.add_relocation(kStepType + 24, kStepName);
  elf.add_relocation(kStepType + 128, 0x2800);  // data
  elf.add_relocation(kWakeupType + 24, kWakeupName);
  elf.add_relocation(kWakeupType + 128, kWakeup);
  CHECK_FALSE(find(elf.file()));
  CHECK_FALSE(find(module().file()));
  CHECK_FALSE(find(""));
  CHECK_FALSE(find("#!/usr/bin/python3\n"));
}

TEST_CASE("whatever a module has in it, looking for its functions ends", "[runtime]") {
  std::mt19937 random(1);
  const std::string modules[] = {with_static_types(), with_slots()};
  for (int round = 0; round < 400; round++) {
    std::string bytes = modules[round % 2];
    // The tables are at the end, the header at the start.
    for (int i = 0; i < 8; i++) {
      const std::size_t place = random() % 512;
      bytes[i % 2 ? place % 64 : bytes.size() - 1 - place] = static_cast<char>(random());
    }
    find(bytes);
    find(bytes.substr(0, random() % bytes.size()));
  }
}

}  // namespace culprit
