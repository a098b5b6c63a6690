// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "collect/sample.h"
#include "util/result.h"

namespace culprit {

/// Where Samples come from: the running host, or a recording.
class SampleSource {
 public:
  virtual ~SampleSource() = default;

  /// Of the host that is, or was, watched.
  virtual const HostIdentity& host() const = 0;

  /// Waits `wait` from now (consuming events meanwhile), then reads one Sample. A
  /// recording does not wait. nullopt: there are no more.
  virtual Result<std::optional<Sample>> next(std::chrono::nanoseconds wait) = 0;

  /// Ends a wait that is going on in another thread, or the next one; async-signal-safe.
  virtual void interrupt() noexcept = 0;

  /// What its user should be told once there are no more Samples; "" is nothing.
  virtual std::string note() const { return {}; }
};

}  // namespace culprit
