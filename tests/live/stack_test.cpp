// SPDX-License-Identifier: Apache-2.0
// Stacks against workloads that know where they spend their time.
#include <map>
#include <set>
#include <string>

#include "catch.h"
#include "collect/collector.h"
#include "model/stack_tree.h"
#include "watch.h"

using namespace culprit;
using namespace culprit::test;
using std::chrono::milliseconds;

namespace {

const std::set<std::string> kNotNeeded = {"memory", "block", "network", "call"};

CollectorOptions with_stacks(const StackOptions& stacks) {
  return {.without = kNotNeeded, .stacks = stacks};
}

std::uint32_t number_of(const Workload& workload) {
  return static_cast<std::uint32_t>(workload.pid());
}

/// Seconds of all stacks of the process, and of those that each function is on.
struct Seconds {
  double all = 0;
  std::map<std::string, double> by_function;
};
Seconds seconds_of(const Snapshot& snapshot, std::uint32_t pid, bool blocked) {
  Seconds seconds;
  REQUIRE(snapshot.stacks);
  for (const StackRow& row : *snapshot.stacks) {
    if (row.process.pid != pid || row.blocked != blocked) continue;
    seconds.all += row.seconds;
    std::set<std::string> functions;
    for (const FramePointer& frame : row.frames) functions.insert(frame->function);
    for (const std::string& function : functions) seconds.by_function[function] += row.seconds;
  }
  return seconds;
}

bool has_kernel_frame(const StackRow& row, const std::string& function) {
  for (const FramePointer& frame : row.frames)
    if (frame->kind == CodeKind::kKernel && frame->function == function) return true;
  return false;
}

}  // namespace

TEST_CASE("shares of three functions are as the workload's own clock has them", "[live][stack]") {
  Watch watch(with_stacks({.frequency_hz = 499}));
  watch.start();
  Workload workload({"hotspots", "--seconds", "10"});
  const std::uint32_t pid = number_of(workload);
  const Snapshot snapshot = watch.after(milliseconds(10'500));
  const nlohmann::json truth = workload.truth();
  Seconds seconds = seconds_of(snapshot, pid, false);
  const double cpu_seconds = truth.at("cpu_seconds");
  INFO("sampled " << seconds.all << " s of " << cpu_seconds);
  CHECK(seconds.all == Approx(cpu_seconds).epsilon(0.05));
  for (const char* function : {"hot_sixty", "hot_thirty", "hot_ten"}) {
    INFO(function << " " << seconds.by_function[function] << " of " << truth.at(function));
    CHECK(seconds.by_function[function] / seconds.all ==
          Approx(truth.at(function).get<double>() / cpu_seconds).margin(0.03));
  }
  CHECK(seconds.by_function["between"] >= 0.9 * seconds.all);
  CHECK(seconds.by_function["main_loop"] >= 0.95 * seconds.all);
  CHECK(snapshot.collector.lost_by_cause.count("stacks_full") == 0);
  CHECK(snapshot.collector.lost_by_cause.count("stack_frames_full") == 0);

  const ProcessId process = process_row(snapshot, static_cast<pid_t>(pid)).id;
  const auto hot = hottest_stacks(snapshot, process, false, 3);
  REQUIRE(hot.size() == 3);
  CHECK(hot[0].frames.back()->function == "hot_sixty");
  CHECK(hot[1].frames.back()->function == "hot_thirty");
}

TEST_CASE("the kernel's functions have names, below the function that called", "[live][stack]") {
  Watch watch(with_stacks({.frequency_hz = 499}));
  watch.start();
  Workload workload({"hotspots", "--kernel", "--seconds", "5"});
  const std::uint32_t pid = number_of(workload);
  const Snapshot snapshot = watch.after(milliseconds(5'500));
  const nlohmann::json truth = workload.truth();
  const Seconds seconds = seconds_of(snapshot, pid, false);
  double in_read = 0;
  for (const StackRow& row : *snapshot.stacks)
    if (row.process.pid == pid && has_kernel_frame(row, "vfs_read")) in_read += row.seconds;
  const double wanted =
      truth.at("hot_kernel").get<double>() / truth.at("cpu_seconds").get<double>();
  INFO("read " << in_read << " of " << seconds.all << ", wanted " << wanted);
  CHECK(in_read / seconds.all == Approx(wanted).margin(0.05));
}

TEST_CASE("only the stacks of the process that was asked for are taken", "[live][stack]") {
  Workload other({"burn", "--share", "100", "--seconds", "20"});
  Workload wanted({"hotspots", "--seconds", "20"});
  Watch watch(with_stacks({.frequency_hz = 99, .pid = number_of(wanted)}));
  watch.start();
  const Snapshot snapshot = watch.after(milliseconds(2'000));
  REQUIRE(snapshot.stacks);
  CHECK_FALSE(snapshot.stacks->empty());
  for (const StackRow& row : *snapshot.stacks) CHECK(row.process.pid == number_of(wanted));
}

TEST_CASE("only the stacks of the cgroup that was asked for are taken", "[live][stack]") {
  Workload workload({"hotspots", "--seconds", "20"});
  const auto stacks_within = [&](std::uint64_t cgroup_id) {
    Watch watch(with_stacks({.frequency_hz = 99, .cgroup_id = cgroup_id}));
    watch.start();
    return watch.after(milliseconds(1'000)).stacks.value();
  };
  std::uint64_t cgroup_id = 0;
  auto source = make_collector({.without = kNotNeeded});
  REQUIRE(source);
  const auto sample = (*source)->next(milliseconds(0));
  REQUIRE(sample);
  for (const thread_record& thread : (*sample)->threads)
    if (thread.pid == number_of(workload)) cgroup_id = thread.cgroup_id;
  REQUIRE(cgroup_id != 0);
  bool found = false;
  for (const StackRow& row : stacks_within(cgroup_id))
    found |= row.process.pid == number_of(workload);
  CHECK(found);
  CHECK(stacks_within(~std::uint64_t{0}).empty());
}

TEST_CASE("a sleeper is blocked for as long as it sleeps, where it sleeps", "[live][stack]") {
  Watch watch(with_stacks({.frequency_hz = 0, .blocked = true}));
  watch.start();
  Workload sleeper({"sleeper", "--how", "nanosleep", "--period-ms", "20", "--seconds", "5"});
  const std::uint32_t pid = number_of(sleeper);
  const Snapshot snapshot = watch.after(milliseconds(5'500));
  const nlohmann::json truth = sleeper.truth();
  const Seconds seconds = seconds_of(snapshot, pid, true);
  const double asleep =
      truth.at("blocked_seconds").get<double>() - truth.at("run_queue_seconds").get<double>();
  INFO("blocked " << seconds.all << " of " << asleep);
  CHECK(seconds.all == Approx(asleep).epsilon(0.05));
  double in_kernel = 0;
  for (const StackRow& row : *snapshot.stacks)
    if (row.process.pid == pid && has_kernel_frame(row, "hrtimer_nanosleep"))
      in_kernel += row.seconds;
  CHECK(in_kernel >= 0.95 * seconds.all);
}
