// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>

#include "collect/sample.h"
#include "util/result.h"

namespace culprit {

/// Where Samples come from: the running host, a recording, or a daemon.
class SampleSource {
 public:
  virtual ~SampleSource() = default;

  /// Of the host that is, or was, watched.
  virtual const HostIdentity& host() const = 0;

  /// Waits `wait` from now (consuming events meanwhile), then reads one Sample. A
  /// recording does not wait. nullopt: there are no more.
  virtual Result<std::optional<Sample>> next(std::chrono::nanoseconds wait) = 0;

  /// How much too early a Sample may come and still be the one that was waited for: who is fed
  /// by the ticks of another takes them as they are.
  virtual std::chrono::nanoseconds slack() const { return {}; }

  /// Ends a wait that is going on in another thread, or the next one; async-signal-safe.
  void interrupt() noexcept {
    interrupted_.store(true, std::memory_order_relaxed);
    wake();
  }

  /// True once interrupt() was called: whoever loops over next() stops.
  bool interrupted() const noexcept { return interrupted_.load(std::memory_order_relaxed); }

  /// How messages call it.
  virtual std::string name() const { return "the recording"; }

  /// What its user should be told once there are no more Samples; "" is nothing.
  virtual std::string note() const { return {}; }

 private:
  /// Ends a wait; async-signal-safe.
  virtual void wake() noexcept = 0;

  std::atomic<bool> interrupted_ = false;
};

}  // namespace culprit
