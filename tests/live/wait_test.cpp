// SPDX-License-Identifier: Apache-2.0
// Blocked time by reason, against workloads that block in a known way and time it themselves.
#include <string>

#include "catch.h"
#include "watch.h"

using namespace culprit;
using namespace culprit::test;
using std::chrono::milliseconds;

namespace {

struct Case {
  const char* how;
  blocked_reason reason;
};

double sum(const Blocked& blocked) {
  double all = 0;
  for (const double seconds : blocked) all += seconds;
  return all;
}

}  // namespace

TEST_CASE("blocked time has the right reason for 95 % of it", "[live][wait]") {
  const Case cases[] = {
      {"nanosleep", BLOCKED_SLEEP}, {"pause", BLOCKED_SLEEP},    {"futex", BLOCKED_LOCK},
      {"mutex", BLOCKED_LOCK},      {"condvar", BLOCKED_LOCK},   {"sem", BLOCKED_LOCK},
      {"flock", BLOCKED_LOCK},      {"socket", BLOCKED_NETWORK}, {"poll", BLOCKED_NETWORK},
      {"epoll", BLOCKED_NETWORK},   {"select", BLOCKED_NETWORK}, {"odirect", BLOCKED_DISK},
      {"fsync", BLOCKED_DISK},      {"pipe", BLOCKED_OTHER},     {"wait", BLOCKED_OTHER},
  };
  Watch watch;
  std::vector<std::unique_ptr<Workload>> workloads;
  for (const Case& one : cases)
    workloads.push_back(std::make_unique<Workload>(std::vector<std::string>{
        "sleeper", "--how", one.how, "--seconds", "60", "--dir", scratch_directory()}));
  watch.start();
  const Snapshot snapshot = watch.after(milliseconds(3'000));
  for (std::size_t i = 0; i < workloads.size(); i++) {
    const ProcessRow& row = process_row(snapshot, workloads[i]->pid());
    REQUIRE(row.usage.blocked_seconds);
    const Blocked& blocked = *row.usage.blocked_seconds;
    INFO(cases[i].how << ": disk " << blocked[0] << " lock " << blocked[1] << " network "
                      << blocked[2] << " sleep " << blocked[3] << " other " << blocked[4]);
    CHECK(blocked[cases[i].reason] >= 0.95 * sum(blocked));
    // On CPU, queued or blocked: nothing else can a thread be (flock and wait have helpers).
    if (row.thread_count == 1)
      CHECK(sum(blocked) + row.usage.cpu_seconds + row.usage.run_queue_seconds.value_or(0) ==
            Approx(snapshot.seconds).epsilon(0.02));
  }
}

TEST_CASE("a wait that goes on through many intervals is seen in each", "[live][wait]") {
  Watch watch;
  Workload sleeper({"sleeper", "--how", "futex", "--period-ms", "20000", "--seconds", "20"});
  watch.start();
  for (int tick = 0; tick < 3; tick++) {
    const Snapshot snapshot = watch.after(milliseconds(500));
    const ProcessRow& row = process_row(snapshot, sleeper.pid());
    REQUIRE(row.usage.blocked_seconds);
    CHECK((*row.usage.blocked_seconds)[BLOCKED_LOCK] / snapshot.seconds >= 0.95);
  }
}
