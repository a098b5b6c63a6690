// SPDX-License-Identifier: Apache-2.0
#include "act/throttle_plan.h"

#include "act/cgroup_plan.h"
#include "act/freezer.h"
#include "act/kernel_setting.h"
#include "act/network_plan.h"
#include "act/thread_plan.h"

namespace culprit {

const CgroupMount* cpu_mount(const CgroupMounts& mounts) {
  return mounts.find("cpu", true);
}

std::string cpu_hierarchy(const CgroupMounts& mounts) {
  const CgroupMount* const mount = cpu_mount(mounts);
  return mount && mount->version == 1 ? "cpu" : "unified";
}

Result<ThrottlePlan> plan_throttle(const ThrottleTarget& target, const Setting& setting,
                                   const KnobHost& host, const std::string& id) {
  if (target.members.empty() && setting.knob != Knob::kKernelSetting)
    return fail("nobody of " + target.label.name + " is left");
  auto plan = [&]() -> Result<ThrottlePlan> {
    switch (setting.knob) {
      case Knob::kCpuQuota:
      case Knob::kCpuWeight:
      case Knob::kIoWeight:
      case Knob::kIoMax:
      case Knob::kMemoryHigh:
      case Knob::kTasksMax:
        return plan_cgroup(target, setting, host, id);
      case Knob::kNice:
      case Knob::kPolicy:
      case Knob::kIoClass:
      case Knob::kOpenFiles:
        return plan_threads(target, setting, host);
      case Knob::kDenyConnect:
      case Knob::kConnectRate:
      case Knob::kEgress:
        return plan_network(target, setting, host, id);
      case Knob::kKernelSetting:
        return plan_kernel_setting(setting, host);
      case Knob::kFreeze:
        return plan_freeze(target, host, id);
    }
    return fail("no such knob");
  }();
  if (plan) plan->knob = knob_name(setting.knob);
  return plan;
}

}  // namespace culprit
