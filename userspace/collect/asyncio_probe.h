// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <tuple>
#include <vector>

#include "bpf/object_loader.h"
#include "collect/python_processes.h"
#include "util/fd.h"
#include "util/result.h"

struct asyncio_probe;

namespace culprit {

/// User-space half of bpf/asyncio.bpf.c: attaches it to the functions of asyncio and uvloop
/// that Python processes have, once a file, for all processes, present and to come.
class AsyncioProbe {
 public:
  /// `exact`: the CPU time of each step of a task is measured, at 3 microseconds a step.
  static Result<std::unique_ptr<AsyncioProbe>> load(ObjectLoader& loader, bool one_link,
                                                    bool exact);
  ~AsyncioProbe();

  /// Looks at what is known of a process, when it is found and whenever that is more.
  void look_at(const PythonProcess& process);
  /// It has ended.
  void forget(std::uint32_t pid) { steps_.erase(pid); }

  bpf_object* object() const;

 private:
  using Place = std::tuple<dev_t, ino_t, std::uint64_t>;

  AsyncioProbe(ObjectLoader& loader, std::size_t most_places);
  void attach(bpf_program* program, const FilePlace& place);
  void attach_steps(const PythonProcess& process);

  ObjectLoader& loader_;
  std::size_t most_places_;
  bool exact_ = false;
  SkeletonHandle<asyncio_probe> skeleton_;
  std::vector<FunctionLink> links_;
  std::set<Place> places_;
  std::map<std::uint32_t, std::vector<FunctionLink>> steps_;  ///< by pid
};

}  // namespace culprit
