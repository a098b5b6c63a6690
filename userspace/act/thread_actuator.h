// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "act/actuator.h"

namespace culprit {

/// Nice value, policy and I/O class of a thread, and the limit of open files of a process.
class ThreadActuator : public Actuator {
 public:
  Presence presence(const Place& place) override;
  Result<std::string> read(const Place& place) override;
  Status write(const Place& place, const std::string& value) override;
};

/// When the thread `tid` of `pid` started, in clock ticks since boot; absent when there is none.
std::optional<std::uint64_t> thread_start_ticks(std::uint32_t pid, std::uint32_t tid);

}  // namespace culprit
