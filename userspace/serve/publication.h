// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "collect/standing_sample.h"
#include "model/snapshot.h"
#include "serve/output_queue.h"
#include "store/frame.h"
#include "util/result.h"

namespace culprit {

/// The bytes of what the sampling loop gave last, each made when somebody first wants it.
class Publication {
 public:
  explicit Publication(HostIdentity host) : host_(std::move(host)) {}

  /// Samples come in order. `snapshot` is null where there is none yet.
  void take(const Sample& sample, std::shared_ptr<const Snapshot> snapshot);
  /// The Samples to come do not follow those before: other probes count anew.
  void restart();

  /// One line, schema culprit.snapshot/1.
  Result<Message> snapshot();
  /// How a recording begins, and then what stands, so that what follows can be understood.
  Result<Message> stream_start();
  /// The frame that a recording would have of this Sample.
  Result<Message> frame(const Sample& sample);

 private:
  HostIdentity host_;
  FramePacker packer_;
  StandingSample standing_;
  bool any_ = false;
  std::shared_ptr<const Snapshot> snapshot_;
  Message snapshot_line_, stream_start_;
};

}  // namespace culprit
