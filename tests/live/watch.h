// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "collect/collector.h"
#include "live/line_reader.h"
#include "model/model.h"

namespace culprit::test {

/// A running host watched from construction on.
class Watch {
 public:
  explicit Watch(std::set<std::string> without = {});
  explicit Watch(const CollectorOptions& options);

  /// What happened in the `wait` from now, or since the last call if that is longer ago.
  Snapshot after(std::chrono::milliseconds wait);

  /// Opens a new interval: what happened before is not in the next one.
  void start() { after(std::chrono::milliseconds(0)); }

 private:
  std::unique_ptr<SampleSource> source_;
  Model model_;
};

/// A program of tests/workloads, started with its arguments and ready.
class Workload {
 public:
  explicit Workload(const std::vector<std::string>& arguments);
  /// Ends it if it still runs.
  ~Workload();
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;

  pid_t pid() const { return pid_; }
  /// Waits for its end (a SIGTERM asks for it when `stop`) and gives the truth it printed.
  nlohmann::json truth(bool stop = false);
  /// Wait status once truth() or the destructor has been there.
  int wait_status() const { return wait_status_; }

 private:
  pid_t pid_ = -1;
  int wait_status_ = 0;
  LineReader lines_;
};

/// The row of a process; fails the test when there is none.
const ProcessRow& process_row(const Snapshot& snapshot, pid_t pid);
/// The same, nullptr when there is none.
const ProcessRow* find_process(const Snapshot& snapshot, pid_t pid);

/// Field 1 of /proc/PID/task/*/schedstat summed: CPU time in seconds by the kernel's own books.
double kernel_cpu_seconds(pid_t pid);

/// A directory on a real disk: the guest's scratch disk in a VM, else the build's own.
std::string scratch_directory();

}  // namespace culprit::test
