// SPDX-License-Identifier: Apache-2.0
#include "runtime/symbolizer.h"

#include <unistd.h>

#include "catch.h"
#include "collect/proc_parsers.h"
#include "collect/text_file.h"
#include "unit/collect/fixture.h"

namespace culprit {
namespace {

__attribute__((noinline)) void a_function_of_ours() {
  asm volatile("");
}

std::uint64_t own_start_time_ns() {
  TextReader reader;
  const auto stat = parse_pid_stat(*reader.read("/proc/self/stat"));
  return stat->start_ticks * (1'000'000'000 / static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK)));
}

std::vector<FrameName> named(FrameBook& book, const std::vector<std::uint32_t>& ids) {
  std::vector<FrameName> all = book.take_new(), names;
  for (const std::uint32_t id : ids) names.push_back(all.at(id - 1));
  return names;
}

}  // namespace

TEST_CASE("addresses of a live process get names", "[symbolizer]") {
  FrameBook book;
  Symbolizer symbolizer(book);
  symbolizer.begin_round();
  const auto address = reinterpret_cast<std::uint64_t>(&a_function_of_ours);
  // The second is where it would return to: the byte behind the call is the function's own.
  const auto ids = symbolizer.user_frames(static_cast<std::uint32_t>(getpid()), own_start_time_ns(),
                                          {address, address + 1, 0x10, address, 0x10, 0x20});
  const auto names = named(book, ids);
  REQUIRE(names.size() == 4);  // what is astray at the outer end is no caller
  CHECK(names[0].function == "culprit::(anonymous namespace)::a_function_of_ours");
  CHECK(names[0].kind == CodeKind::kCplusplus);
  CHECK(names[0].module.find("culprit_unit_tests") != std::string::npos);
  CHECK(ids[1] == ids[0]);
  CHECK(names[2].function == "[unknown]");
}

TEST_CASE("what the kernel puts into every process has names, too", "[symbolizer]") {
  const auto map = ProcessView{"/", getpid()}.read_map();
  REQUIRE(map);
  std::uint64_t begin = 0, end = 0;
  for (const Mapping& mapping : map->mappings())
    if (mapping.path == kVdso) begin = mapping.begin, end = mapping.end;
  REQUIRE(end > begin);
  FrameBook book;
  Symbolizer symbolizer(book);
  std::vector<std::uint64_t> addresses;
  for (std::uint64_t address = begin; address < end; address += 16) addresses.push_back(address);
  symbolizer.user_frames(static_cast<std::uint32_t>(getpid()), own_start_time_ns(), addresses);
  bool found = false;
  for (const FrameName& name : book.take_new()) {
    CHECK((name.module == kVdso || name.function == "[unknown]"));
    found |= name.function.find("clock_gettime") != std::string::npos;
  }
  CHECK(found);
}

TEST_CASE("a pid that another process has now gives no names", "[symbolizer]") {
  FrameBook book;
  Symbolizer symbolizer(book);
  const auto address = reinterpret_cast<std::uint64_t>(&a_function_of_ours);
  const auto ids = symbolizer.user_frames(static_cast<std::uint32_t>(getpid()), 1, {address});
  CHECK(named(book, ids)[0].function == "[unknown]");
}

TEST_CASE("the kernel's functions have their module", "[symbolizer]") {
  Fixture fixture;
  fixture.write("proc/kallsyms",
                "ffffffff81000100 T vfs_read\nffffffffc0000000 t nf_hook\t[nf_tables]\n");
  FrameBook book;
  Symbolizer symbolizer(book, fixture.root());
  const auto names =
      named(book, symbolizer.kernel_frames({0xffffffff81000100, 0xffffffffc0000008, 0x1}, false));
  REQUIRE(names.size() == 3);
  CHECK(names[0].function == "vfs_read");
  CHECK(names[0].module == "kernel");
  CHECK(names[1].function == "nf_hook");
  CHECK(names[1].module == "nf_tables");
  CHECK(names[2].function == "[unknown]");
}

TEST_CASE("a stack that was taken at a tracepoint begins where the thread was", "[symbolizer]") {
  Fixture fixture;
  fixture.write("proc/kallsyms",
                "1000 T schedule\n2000 T bpf_trace_run4\n3000 t bpf_prog_12ab_x\t[bpf]\n");
  FrameBook book;
  Symbolizer symbolizer(book, fixture.root());
  const auto names = named(book, symbolizer.kernel_frames({0x3010, 0x2010, 0x1010, 0x2010}, true));
  REQUIRE(names.size() == 2);
  CHECK(names[0].function == "schedule");
  CHECK(names[1].function == "bpf_trace_run4");
  CHECK(symbolizer.kernel_frames({0x3010, 0x1010}, false).size() == 2);
}

TEST_CASE("a perf map is read in the process's own root, by its own pid", "[symbolizer]") {
  Fixture fixture;
  const ProcessView process{fixture.root(), 12};
  PerfMap map;
  CHECK_FALSE(map.update(process));
  fixture.write("proc/12/status", "Name:\tnode\nNSpid:\t12\t7\n");
  fixture.write("proc/12/root/tmp/perf-7.map", "1000 10 JS:*main\n");
  CHECK(map.update(process));
  CHECK(map.find(0x100f) == "JS:*main");
  CHECK_FALSE(map.update(process));
  fixture.write("proc/12/root/tmp/perf-7.map", "1000 10 JS:*main\n2000 10 JS:*more\n");
  CHECK(map.update(process));
  CHECK(map.find(0x2000) == "JS:*more");

  // A link out of the root ends within it, and what is no file is not opened.
  fixture.write("outside/perf.map", "1000 10 stolen\n");
  fixture.make_directory("proc/13/root/tmp");
  fixture.link("proc/13/root/tmp/perf-13.map", fixture.root() / "outside/perf.map");
  PerfMap other;
  CHECK_FALSE(other.update({fixture.root(), 13}));
  fixture.make_directory("proc/14/root/tmp/perf-14.map");
  CHECK_FALSE(other.update({fixture.root(), 14}));
}

TEST_CASE("a full book gives one name to all that comes after", "[symbolizer]") {
  FrameBook book(2);
  CHECK(book.id(CodeKind::kNative, "a", "") == 1);
  CHECK(book.id(CodeKind::kNative, "b", "") == 2);
  const std::uint32_t more = book.id(CodeKind::kNative, "c", "");
  CHECK(more == 3);
  CHECK(book.id(CodeKind::kJit, "d", "x") == more);
  CHECK(book.id(CodeKind::kNative, "a", "") == 1);
  const auto names = book.take_new();
  REQUIRE(names.size() == 3);
  CHECK(names[2].function == "[more functions]");
  CHECK(book.take_new().empty());
}

}  // namespace culprit
