// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "bpf/object_loader.h"
#include "collect/sample.h"

struct sync_probe;

namespace culprit {

/// User-space half of bpf/sync.bpf.c: how long fsync and its kin take.
class SyncProbe {
 public:
  static Result<std::unique_ptr<SyncProbe>> load(ObjectLoader& loader);
  ~SyncProbe();

  /// By process, since the last call of this.
  std::vector<SyncReading> take();

  bpf_object* object() const;

 private:
  SyncProbe();
  SkeletonHandle<sync_probe> skeleton_;
};

}  // namespace culprit
