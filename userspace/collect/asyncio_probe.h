// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
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
  /// Lets go of a function whose probe has cost more than 2 % of a CPU, for a minute. Once a tick.
  void keep_to_budget(std::uint64_t now_ns);
  /// It has ended.
  void forget(std::uint32_t pid) { steps_.erase(pid); }

  bpf_object* object() const;

 private:
  using Place = std::tuple<dev_t, ino_t, std::uint64_t>;

  /// A function in the files that have it, and how often it was hit.
  struct Hooked {
    bpf_program* program = nullptr;
    const std::uint64_t* hits = nullptr;  ///< counted in the kernel
    std::uint64_t hits_before = 0;
    std::map<Place, Fd> files;
    std::vector<FunctionLink> links;
    std::uint64_t shed_ns = 0;  ///< since when it is let go of; 0: it is not
  };

  AsyncioProbe(ObjectLoader& loader, std::size_t most_places);
  void hook(Hooked& hooked, const FilePlace& place);
  void attach(Hooked& hooked, const Place& place, const Fd& file);
  void keep_to_budget(Hooked& hooked, double seconds, std::uint64_t now_ns);
  void attach_steps(const PythonProcess& process);

  ObjectLoader& loader_;
  std::size_t most_places_;
  bool exact_ = false;
  SkeletonHandle<asyncio_probe> skeleton_;
  Hooked create_, write_;
  std::optional<double> trap_price_ns_;  ///< measured when it is first needed
  std::uint64_t budget_ns_ = 0;          ///< when the budget was last looked at
  std::map<std::uint32_t, std::vector<FunctionLink>> steps_;  ///< by pid
};

}  // namespace culprit
