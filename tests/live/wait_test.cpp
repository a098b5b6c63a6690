// SPDX-License-Identifier: Apache-2.0
// Blocked time by reason, against workloads that block in a known way and time it themselves.
#include <sys/resource.h>

#include <algorithm>
#include <string>
#include <thread>

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

/// On CPU, queued or blocked: nothing else can a thread be.
double time_told(const Usage& usage) {
  return usage.cpu_seconds + usage.run_queue_seconds.value() + sum(usage.blocked_seconds.value());
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
    if (row.thread_count == 1)  // flock and wait have helpers
      CHECK(time_told(row.usage) == Approx(snapshot.seconds).epsilon(0.02));
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

// A queued thread's last wait is over, but no switch has told of it yet: 50 ms would be missing.
// Held against its fellows, for all were read the same while after the interval's end, however long
// that was.
TEST_CASE("what a queued thread waited for before is told", "[live][wait]") {
  Watch watch;
  std::vector<std::unique_ptr<Workload>> workloads;
  for (unsigned i = 0; i < 2 * std::thread::hardware_concurrency(); i++)
    workloads.push_back(std::make_unique<Workload>(
        std::vector<std::string>{"burn", "--share", "100", "--seconds", "120"}));
  std::vector<pid_t> sleepers;
  for (int i = 0; i < 8; i++) {
    workloads.push_back(std::make_unique<Workload>(std::vector<std::string>{
        "sleeper", "--how", "nanosleep", "--period-ms", "50", "--seconds", "120"}));
    sleepers.push_back(workloads.back()->pid());
    REQUIRE(setpriority(PRIO_PROCESS, static_cast<id_t>(sleepers.back()), 19) == 0);
  }
  watch.start();
  double queued = 0;
  for (int tick = 0; tick < 10; tick++) {
    const Snapshot snapshot = watch.after(milliseconds(300));
    std::vector<double> told;
    for (const pid_t pid : sleepers) {
      const Usage& usage = process_row(snapshot, pid).usage;
      queued += usage.run_queue_seconds.value();
      told.push_back(time_told(usage));
    }
    std::sort(told.begin(), told.end());
    INFO("of " << snapshot.seconds << " s were told " << told.front() << " to " << told.back());
    CHECK(told.front() > told[told.size() / 2] - 0.025);
    CHECK(told.back() < told[told.size() / 2] + 0.025);
  }
  CHECK(queued > 0.1);
}
