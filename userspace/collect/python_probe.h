// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "bpf/object_loader.h"
#include "collect/python_pace.h"
#include "collect/python_pids.h"
#include "collect/python_processes.h"
#include "collect/python_tasks.h"
#include "collect/sample.h"
#include "util/result.h"

struct python_probe;

namespace culprit {

/// User-space half of bpf/python.bpf.c. The programs are loaded at the start and attached
/// while there are Python processes.
class PythonProbe {
 public:
  static Result<std::unique_ptr<PythonProbe>> load(ObjectLoader& loader);
  ~PythonProbe();

  /// Tells the kernel what a code object is that it has met.
  void answer(const python_code_record& record);

  /// The code object at `address`; null: there is none, or it is no Python process.
  const PythonCode* find_code(std::uint32_t pid, std::uint64_t start_time_ns,
                              std::uint64_t address);

  /// Looks for Python processes and fills in the sample's tasks. Its lists of threads, of
  /// those that ended and of execs are complete. What has changed among the processes.
  PythonChanges read(Sample& sample);

  /// True while there are Python processes.
  bool active() const { return !clock_.empty(); }
  bpf_object* object() const;

 private:
  explicit PythonProbe(ObjectLoader& loader);

  void take_changes(const PythonChanges& changes);
  bool drop_ended_processes();
  bool read_tasks(Sample& sample, const PythonChanges& changes);
  void drop_ended_codes(const PythonChanges& changes);
  void clear_full(std::uint32_t table);
  void attach();
  void detach();
  void attach_clock();

  ObjectLoader& loader_;
  SkeletonHandle<python_probe> skeleton_;
  PythonPids pids_;
  PythonProcesses processes_;
  PythonTasks tasks_;
  PythonPace pace_;
  std::vector<LinkHandle> clock_;
  std::uint32_t clock_hz_ = 0;
  std::uint64_t read_ns_ = 0;    // when, last
  std::uint64_t needed_ns_ = 0;  // when there was a Python process, last
};

}  // namespace culprit
