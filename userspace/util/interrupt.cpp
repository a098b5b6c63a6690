// SPDX-License-Identifier: Apache-2.0
#include "util/interrupt.h"

#include <atomic>
#include <cerrno>

namespace culprit {
namespace {

// A handler can reach nothing but globals; lock-free atomics are safe in it.
std::atomic<void (*)(void*) noexcept> g_call{nullptr};
std::atomic<void*> g_target{nullptr};
static_assert(std::atomic<void*>::is_always_lock_free);

void on_signal(int) {
  const int error = errno;
  if (const auto call = g_call.load()) call(g_target.load());
  errno = error;
}

}  // namespace

InterruptScope::InterruptScope(Call call, void* target) {
  g_target.store(target);
  g_call.store(call);
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;  // waits poll, and poll always returns; writes go on
  sigaction(SIGINT, &action, &before_interrupt_);
  sigaction(SIGTERM, &action, &before_terminate_);
}

InterruptScope::~InterruptScope() {
  sigaction(SIGINT, &before_interrupt_, nullptr);
  sigaction(SIGTERM, &before_terminate_, nullptr);
  g_call.store(nullptr);
}

}  // namespace culprit
