// SPDX-License-Identifier: Apache-2.0
#include "bpf/facts.h"

#include <bpf/bpf.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "bpf/fact_table.h"
#include "bpf/load_plan.h"
#include "bpf/tiny_program.h"
#include "catch.h"
#include "util/fd.h"

namespace culprit {
namespace {

std::string text_of(const char* file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Programs of our trials that are still loaded.
int leftovers() {
  int count = 0;
  for (__u32 id = 0; bpf_prog_get_next_id(id, &id) == 0;) {
    const int program = bpf_prog_get_fd_by_id(id);
    if (program < 0) continue;
    const Fd owner(program);
    bpf_prog_info info{};
    __u32 size = sizeof(info);
    if (bpf_obj_get_info_by_fd(program, &info, &size) == 0 && std::string(info.name) == kTinyName)
      count++;
  }
  return count;
}

}  // namespace

TEST_CASE("this machine is able: root, and all that BPF mode builds on", "[facts]") {
  REQUIRE(geteuid() == 0);
  const Facts facts = probe_facts();
  for (const FactRow& row : fact_table()) {
    INFO(row.id << ": " << (facts.*row.fact).detail);
    if (row.use == FactUse::kEssential) CHECK((facts.*row.fact).available);
  }
  CHECK(facts.cgroups.available);
  CHECK(facts.tracepoint.available);
  CHECK(make_load_plan(facts, {}).bpf);
  utsname host{};
  REQUIRE(uname(&host) == 0);
  CHECK(facts.kernel == host.release);
}

TEST_CASE("every fact says what was found, or the error", "[facts]") {
  Facts facts = probe_facts();
  probe_more_facts(facts);
  for (const FactRow& row : fact_table()) {
    INFO(row.id);
    CHECK_FALSE((facts.*row.fact).detail.empty());
  }
  CHECK(facts.other_bpf_users);
  for (const MissingFact& fact : missing_facts(facts)) {
    INFO(fact.fact);
    CHECK_FALSE(fact.lost.empty());
    CHECK_FALSE(fact.how.empty());
  }
}

TEST_CASE("probing leaves neither program nor mount nor limit behind", "[facts]") {
  const std::string mounts = text_of("/proc/self/mounts"), limits = text_of("/proc/self/limits");
  Facts facts = probe_facts();
  probe_more_facts(facts);
  CHECK(text_of("/proc/self/mounts") == mounts);
  CHECK(text_of("/proc/self/limits") == limits);
  // The kernel frees what was attached a moment later; give it its grace periods.
  for (int i = 0; i < 200 && leftovers() > 0; i++)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(leftovers() == 0);
}

TEST_CASE("what is asked of a program that cannot be is the verifier's word", "[facts]") {
  TinyProgram program(BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0);
  program.move(0, 7);  // nobody has written register 7
  const Result<Fd> loaded = program.load();
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().message.find("R7 !read_ok") != std::string::npos);
}

TEST_CASE("a root without kernel BTF is a host that reads /proc", "[facts]") {
  const Facts facts = probe_facts("/nonexistent");
  CHECK_FALSE(facts.btf.available);
  CHECK(facts.btf.detail.find("No such file") != std::string::npos);
  const LoadPlan plan = make_load_plan(facts, {});
  CHECK_FALSE(plan.bpf);
  CHECK(plan.proc_reason.rfind("no kernel BTF: ", 0) == 0);
}

}  // namespace culprit
