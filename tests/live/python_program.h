// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "collect/sample_source.h"
#include "live/line_reader.h"

namespace culprit::test {

/// The interpreters of this host, CPython 3.8 and later.
std::vector<std::string> python_interpreters();

/// A Python program that prints "ready", begins its books anew at SIGUSR1, and at SIGTERM prints
/// them and ends.
class PythonProgram {
 public:
  /// `script` becomes NAME.py in a directory that goes with this.
  PythonProgram(const std::string& interpreter, const std::string& name, const std::string& script);
  ~PythonProgram();
  PythonProgram(const PythonProgram&) = delete;
  PythonProgram& operator=(const PythonProgram&) = delete;

  pid_t pid() const { return pid_; }
  std::string read_line() { return lines_.next(); }
  /// What it has booked until now is not in its truth.
  void begin() const;
  /// Asks for its end.
  nlohmann::json truth();

 private:
  pid_t pid_ = -1;
  LineReader lines_;
  std::string directory_;
};

/// Tasks of one process, added up by name.
struct TaskSum {
  TaskKind kind = TaskKind::kThread;
  double samples = 0, squares = 0, run_queue_seconds = 0, growth_bytes = 0;
  std::array<double, BLOCKED_REASONS> blocked_seconds{};
  std::uint64_t steps = 0;
  double cpu_seconds = 0;  ///< exact mode
  std::vector<TaskRun> runs;
};

/// The tasks of the host, from when this is made.
class TaskWatch {
 public:
  explicit TaskWatch(std::set<std::string> without = {}, bool exact = false);
  /// Watches on for so long, in steps of half a second.
  void watch(double seconds);
  /// Forgets what was used until now.
  void start();

  /// What tasks of the process used since start(), by "ROOT" or "ROOT > APPLICATION".
  std::map<std::string, TaskSum> tasks(pid_t pid) const;
  const std::vector<CallReading>& calls() const { return calls_; }
  /// "ROOT" of a task by its id; "" not known.
  std::string name(std::uint64_t task) const;
  const Sample& last() const { return last_; }

 private:
  void take(Sample sample);

  std::unique_ptr<SampleSource> source_;
  std::map<std::uint64_t, TaskName> names_;
  std::map<std::uint64_t, TaskReading> before_, now_;
  std::map<std::uint64_t, std::vector<TaskRun>> runs_;
  std::vector<CallReading> calls_;
  Sample last_;
};

}  // namespace culprit::test
