// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
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
  /// Lets go of a function, for a minute, whose probe costs more than 2 % of all CPUs over a
  /// second, or 10 % of one over a fifth of a second. Several times a second.
  void keep_to_budget(std::uint64_t now_ns);
  /// It has ended.
  void forget(std::uint32_t pid) { steps_.erase(pid); }

  bpf_object* object() const;

 private:
  using Place = std::tuple<dev_t, ino_t, std::uint64_t>;

  /// How often a function was hit in a stretch of time, held against what that may cost.
  struct Budget {
    double share = 0;  ///< of a CPU
    std::uint64_t length_ns = 0;
    std::uint64_t begin_ns = 0, hits = 0;  ///< when it began, and the count then
  };

  /// A function in the files that have it.
  struct Hooked {
    bpf_program* program = nullptr;
    const std::uint64_t* hits = nullptr;  ///< counted in the kernel
    std::array<Budget, 2> budgets = {{{0, 1'000'000'000}, {0.1, 200'000'000}}};
    std::map<Place, Fd> files;
    std::vector<FunctionLink> links;
    std::uint64_t shed_ns = 0;  ///< since when it is let go of; 0: it is not
  };

  AsyncioProbe(ObjectLoader& loader, std::size_t most_places);
  void hook(Hooked& hooked, const FilePlace& place);
  void attach(Hooked& hooked, const Place& place, const Fd& file);
  void keep_to_budget(Hooked& hooked, std::uint64_t now_ns);
  void attach_steps(const PythonProcess& process);

  ObjectLoader& loader_;
  std::size_t most_places_;
  bool exact_ = false;
  SkeletonHandle<asyncio_probe> skeleton_;
  Hooked create_, write_;
  std::optional<double> trap_price_ns_;                       ///< measured when it is first needed
  std::map<std::uint32_t, std::vector<FunctionLink>> steps_;  ///< by pid
};

}  // namespace culprit
