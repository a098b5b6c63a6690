// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#include "collect/sample_source.h"

namespace culprit {

/// That somebody wants us to end, from the moment of our start on: the target of an
/// InterruptScope while sources come and go.
class StopRequest {
 public:
  /// Async-signal-safe.
  void interrupt() noexcept {
    requested_.store(true);
    if (SampleSource* source = source_.load()) source->interrupt();
  }
  bool requested() const { return requested_.load(); }

  /// Whose wait is to be ended; null: nobody's. It outlives this or the next call.
  void ends_wait_of(SampleSource* source) {
    source_.store(source);
    if (source && requested()) source->interrupt();
  }

 private:
  std::atomic<bool> requested_{false};
  std::atomic<SampleSource*> source_{nullptr};
};

}  // namespace culprit
