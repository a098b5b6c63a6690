// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "util/result.h"

namespace culprit {

/// Handlers of signals while a program has the screen; the ones before come back at the
/// end. SIGINT, SIGTERM, SIGHUP and SIGWINCH arrive in a pipe. A crash writes the reset
/// sequence to the terminal, sets the modes of the line as they were, and goes on.
class SignalGuard {
 public:
  /// To be made before the terminal's modes are changed; remembers them.
  static Result<std::unique_ptr<SignalGuard>> make();
  ~SignalGuard();
  SignalGuard(const SignalGuard&) = delete;
  SignalGuard& operator=(const SignalGuard&) = delete;

  /// What a crash is to write; cut at 255 bytes.
  void set_reset_sequence(std::string_view sequence);
  int descriptor() const;
  /// The next signal that came; 0: none.
  int take();

 private:
  SignalGuard() = default;
};

}  // namespace culprit
