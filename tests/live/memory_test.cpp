// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "catch.h"
#include "collect/cgroup_mounts.h"
#include "watch.h"

using namespace culprit;
using namespace culprit::test;
using std::chrono::milliseconds;

namespace {

/// Kernels before 6.17 keep up to 64 pages a CPU and counter out of what /proc tells.
constexpr double kUnsummedBytes = 2e6;

/// Resident bytes by /proc/PID/statm.
double resident_bytes(pid_t pid) {
  std::ifstream statm("/proc/" + std::to_string(pid) + "/statm");
  double pages = 0, resident = 0;
  statm >> pages >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

/// A memory cgroup with a limit, gone again at the end.
class LimitedCgroup {
 public:
  explicit LimitedCgroup(std::uint64_t limit_bytes) {
    const CgroupMounts mounts = find_cgroup_mounts();
    const CgroupMount* memory = mounts.find("memory", true);
    REQUIRE(memory);
    directory_ = memory->directory / ("culprit-live-test-" + std::to_string(getpid()));
    REQUIRE(mkdir(directory_.c_str(), 0755) == 0);
    write(memory->version == 2 ? "memory.max" : "memory.limit_in_bytes",
          std::to_string(limit_bytes));
  }
  ~LimitedCgroup() {
    // The kernel may still be tearing the killed process down.
    for (int i = 0; i < 100 && rmdir(directory_.c_str()); i++) usleep(20'000);
  }

  void add(pid_t pid) { write("cgroup.procs", std::to_string(pid)); }
  std::string name() const { return directory_.filename(); }

 private:
  void write(const std::string& file, const std::string& value) {
    std::ofstream out(directory_ / file);
    out << value << std::flush;
    INFO(directory_ / file << " = " << value);
    REQUIRE(out.good());
  }
  std::filesystem::path directory_;
};

}  // namespace

TEST_CASE("memory that grows is seen at the rate at which the kernel sees it", "[live][memory]") {
  Watch watch;
  Workload grow({"grow", "--rate-mb", "50", "--seconds", "60"});
  // How fast it really grows is the machine's affair, so both ends of our interval are in brackets.
  const double before_start = resident_bytes(grow.pid());
  watch.start();
  const double after_start = resident_bytes(grow.pid());
  std::this_thread::sleep_for(milliseconds(4'000));
  const double before_end = resident_bytes(grow.pid());
  const Snapshot snapshot = watch.after(milliseconds(0));
  const double after_end = resident_bytes(grow.pid());
  const ProcessRow& row = process_row(snapshot, grow.pid());
  REQUIRE(row.memory);
  const auto change = static_cast<double>(row.memory->rss_change_bytes);
  const double least = before_end - after_start, most = after_end - before_start;
  INFO("ours " << change << ", kernel " << least << " to " << most);
  CHECK(least > 5 * kUnsummedBytes);
  CHECK(change >= least - 2 * kUnsummedBytes);
  CHECK(change <= most + 2 * kUnsummedBytes);
  CHECK(row.usage.minor_faults.value_or(0) > 0);
}

TEST_CASE("resident size is what the kernel tells", "[live][memory]") {
  Watch watch;
  Workload grow({"grow", "--rate-mb", "200", "--seconds", "1", "--hold", "30"});
  usleep(1'500'000);
  const Snapshot snapshot = watch.after(milliseconds(100));
  const ProcessRow& row = process_row(snapshot, grow.pid());
  REQUIRE(row.memory);
  CHECK(static_cast<double>(row.memory->rss_bytes) ==
        Approx(resident_bytes(grow.pid())).margin(kUnsummedBytes));
}

TEST_CASE("a process killed for lack of memory is named with its limit", "[live][memory]") {
  constexpr std::uint64_t kLimit = 64ull << 20;
  Watch watch;
  LimitedCgroup cgroup(kLimit);
  watch.start();
  Workload grow({"grow", "--rate-mb", "20", "--to-oom"});
  const pid_t pid = grow.pid();
  cgroup.add(pid);
  grow.truth();
  REQUIRE(WIFSIGNALED(grow.wait_status()));
  const Snapshot snapshot = watch.after(milliseconds(200));
  const ProcessRow& row = process_row(snapshot, pid);
  REQUIRE(row.exited);
  CHECK(row.exited->signal == SIGKILL);
  REQUIRE(row.oom_killed);
  CHECK(row.oom_killed->limit_bytes == kLimit);
  CHECK(row.oom_killed->cgroup.find(cgroup.name()) != std::string::npos);
}
