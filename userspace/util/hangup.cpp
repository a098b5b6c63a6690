// SPDX-License-Identifier: Apache-2.0
#include "util/hangup.h"

#include <atomic>

namespace culprit {
namespace {

// A handler can reach nothing but globals; lock-free atomics are safe in it.
std::atomic<bool> g_hangup{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void on_hangup(int) {
  g_hangup.store(true);
}

}  // namespace

HangupScope::HangupScope() {
  g_hangup.store(false);
  struct sigaction action {};
  action.sa_handler = on_hangup;
  action.sa_flags = SA_RESTART;
  sigaction(SIGHUP, &action, &before_);
}

HangupScope::~HangupScope() {
  sigaction(SIGHUP, &before_, nullptr);
}

bool HangupScope::take() {
  return g_hangup.exchange(false);
}

}  // namespace culprit
