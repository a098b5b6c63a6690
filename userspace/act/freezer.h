// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string_view>

#include "act/actuator.h"
#include "act/setting.h"
#include "act/throttle_plan.h"

namespace culprit {

/// Who waits for something that is frozen waits with it.
inline constexpr std::chrono::seconds kLongestFreeze{5};

inline constexpr char kFrozen[] = "frozen", kThawed[] = "thawed";

/// Whether a cgroup is stopped: cgroup.freeze of version 2, freezer.state of version 1. One that
/// is about to be frozen is.
class FreezerActuator : public Actuator {
 public:
  Presence presence(const Place& place) override;
  Result<std::string> read(const Place& place) override;
  Status write(const Place& place, const std::string& value) override;
};

/// "3s", "500ms": how long to freeze.
Result<Setting> parse_freeze(std::string_view text);

/// The part of plan_throttle that stops all of a target. In a cgroup that is the target's alone,
/// or in one of its own below that which it shares.
Result<ThrottlePlan> plan_freeze(const ThrottleTarget& target, const KnobHost& host,
                                 const std::string& id);

}  // namespace culprit
