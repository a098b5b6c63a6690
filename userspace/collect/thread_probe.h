// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "bpf/object_loader.h"
#include "bpf/thread.h"

struct thread_probe;

namespace culprit {

/// User-space half of bpf/thread.bpf.c: one pass over the host's threads.
class ThreadProbe {
 public:
  static Result<std::unique_ptr<ThreadProbe>> load(ObjectLoader& loader,
                                                   std::uint32_t unit_hierarchy);
  ~ThreadProbe();

  /// Lists the threads that ran since they were last listed, or all of them.
  /// `clock_offset_ns` from SchedProbe; 0 leaves ongoing waits unknown.
  Result<std::vector<thread_record>> list(std::int64_t clock_offset_ns, bool all);

  bpf_object* object() const;

 private:
  ThreadProbe();
  SkeletonHandle<thread_probe> skeleton_;
  bpf_link* link_ = nullptr;  // owned by the loader
};

}  // namespace culprit
