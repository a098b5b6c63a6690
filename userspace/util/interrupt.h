// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>

namespace culprit {

/// While it lives, SIGINT and SIGTERM call `target.interrupt()`, which has to be
/// async-signal-safe, instead of killing us: a long command ends with what it has. One
/// at a time in a process; what the signals did before comes back with its end.
class InterruptScope {
 public:
  template <class Target>
  explicit InterruptScope(Target& target)
      : InterruptScope([](void* object) noexcept { static_cast<Target*>(object)->interrupt(); },
                       &target) {}
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;
  ~InterruptScope();

 private:
  using Call = void (*)(void*) noexcept;
  InterruptScope(Call call, void* target);

  struct sigaction before_interrupt_ {};
  struct sigaction before_terminate_ {};
};

}  // namespace culprit
