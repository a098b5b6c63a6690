// SPDX-License-Identifier: Apache-2.0
#include "collect/python_pace.h"

#include "catch.h"

namespace culprit {
namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint32_t kPython = 10, kOther = 20;

bool is_python(std::uint32_t pid) {
  return pid == kPython;
}

thread_record used(std::uint32_t pid, std::uint64_t cpu_ns) {
  thread_record record{};
  record.pid = record.tid = pid;
  record.cpu_ns = cpu_ns;
  return record;
}

struct Host {
  PythonPace pace;
  std::uint64_t second = 0, python_ns = 900 * kMs, other_ns = 0;

  /// A second in which Python used so much.
  void pass(std::uint64_t cpu_ns, std::uint64_t ended_ns = 0) {
    python_ns += cpu_ns;
    other_ns += 900 * kMs;
    Sample sample;
    sample.monotonic_ns = ++second * 1000 * kMs;
    sample.lists_all_threads = second == 1;
    sample.threads = {used(kOther, other_ns)};
    if (cpu_ns || sample.lists_all_threads) sample.threads.push_back(used(kPython, python_ns));
    if (ended_ns) sample.ended = {used(kPython, ended_ns)};
    pace.note(sample, is_python);
  }
};

}  // namespace

TEST_CASE("the CPU clock is looked at less often after ten seconds in which Python waits") {
  Host host;
  for (int i = 0; i < 10; ++i) {
    host.pass(4 * kMs);
    CHECK(!host.pace.quiet());
  }
  CHECK(host.pace.frequency_hz() == 499);
  CHECK(host.pace.weight() == 1);
  host.pass(4 * kMs);
  CHECK(host.pace.quiet());
  CHECK(host.pace.frequency_hz() == 49);
  CHECK(host.pace.weight() == 10);
  host.pass(6 * kMs);
  CHECK(!host.pace.quiet());
}

TEST_CASE("a Python process that begins, or that came and went, is looked at as usual") {
  Host host;
  for (int i = 0; i < 11; ++i) host.pass(0);
  REQUIRE(host.pace.quiet());
  SECTION("it begins") {
    host.pace.expect(host.second * 1000 * kMs);
    CHECK(!host.pace.quiet());
    host.pass(0);
    CHECK(!host.pace.quiet());
  }
  SECTION("it came and went") {
    host.pass(0, host.python_ns + 50 * kMs);
    CHECK(!host.pace.quiet());
  }
  SECTION("it ends, having done nothing more") {
    host.pass(0, host.python_ns);
    CHECK(host.pace.quiet());
  }
}

}  // namespace culprit
