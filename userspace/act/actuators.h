// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "act/cgroup_actuator.h"
#include "act/freezer.h"
#include "act/kernel_setting.h"
#include "act/network_actuator.h"
#include "act/thread_actuator.h"
#include "act/unit_actuator.h"

namespace culprit {

/// Every kind of place of this host.
class HostActuators : public Actuator {
 public:
  Presence presence(const Place& place) override { return of(place).presence(place); }
  Result<std::string> read(const Place& place) override { return of(place).read(place); }
  Status write(const Place& place, const std::string& value) override {
    return of(place).write(place, value);
  }
  std::string account(const Place& place) override { return of(place).account(place); }

  /// Of what ends with whoever holds it: descriptors that now the caller holds.
  std::vector<Fd> take_links() { return network_.take_links(); }

 private:
  Actuator& of(const Place& place) {
    if (place.kind == PlaceKind::kCgroupFile) return file_;
    if (place.kind == PlaceKind::kOwnCgroup) return own_;
    if (place.kind == PlaceKind::kNetwork) return network_;
    if (place.kind == PlaceKind::kUnitProperty) return unit_;
    if (place.kind == PlaceKind::kKernelSetting) return setting_;
    if (place.kind == PlaceKind::kFreezer) return freezer_;
    return thread_;
  }

  CgroupFileActuator file_;
  OwnCgroupActuator own_;
  NetworkActuator network_;
  UnitActuator unit_;
  KernelSettingActuator setting_;
  FreezerActuator freezer_;
  ThreadActuator thread_;
};

}  // namespace culprit
