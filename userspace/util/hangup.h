// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>

namespace culprit {

/// While it lives, SIGHUP is noted instead of killing us: it asks a daemon to read its files
/// anew. One at a time in a process.
class HangupScope {
 public:
  HangupScope();
  HangupScope(const HangupScope&) = delete;
  HangupScope& operator=(const HangupScope&) = delete;
  ~HangupScope();

  /// True when it came since the last call.
  bool take();

 private:
  struct sigaction before_ {};
};

}  // namespace culprit
