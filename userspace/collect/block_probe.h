// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "bpf/object_loader.h"
#include "collect/sample.h"

struct block_probe;

namespace culprit {

/// User-space half of bpf/block.bpf.c: latency of block devices.
class BlockProbe {
 public:
  static Result<std::unique_ptr<BlockProbe>> load(ObjectLoader& loader);
  ~BlockProbe();

  /// One cumulative histogram for each device that completed a request.
  std::vector<BlockLatencyReading> latencies() const;

  bpf_object* object() const;

 private:
  BlockProbe();
  SkeletonHandle<block_probe> skeleton_;
};

}  // namespace culprit
