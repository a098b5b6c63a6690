// SPDX-License-Identifier: Apache-2.0
#include "act/unit_plan.h"

#include <cmath>

#include "act/unit_actuator.h"

namespace culprit {
namespace {

struct UnitProperty {
  const char* name;
  std::uint64_t value;
};

std::optional<UnitProperty> property_of(const Setting& setting) {
  const auto number = static_cast<std::uint64_t>(setting.number);
  switch (setting.knob) {
    case Knob::kCpuQuota:
      return UnitProperty{"CPUQuotaPerSecUSec",
                          static_cast<std::uint64_t>(std::llround(setting.cpus * 1e6))};
    case Knob::kCpuWeight:
      return UnitProperty{"CPUWeight", number};
    case Knob::kIoWeight:
      return UnitProperty{"IOWeight", number};
    case Knob::kMemoryHigh:
      return UnitProperty{"MemoryHigh", number};
    case Knob::kTasksMax:
      return UnitProperty{"TasksMax", number};
    case Knob::kIoMax:
    case Knob::kNice:
    case Knob::kPolicy:
    case Knob::kIoClass:
    case Knob::kOpenFiles:
    case Knob::kDenyConnect:
    case Knob::kConnectRate:
    case Knob::kEgress:
    case Knob::kKernelSetting:
    case Knob::kFreeze:
      return std::nullopt;
  }
  return std::nullopt;
}

/// A cgroup that somebody made below a unit may be called like another.
bool is_of_unit(const Home& home, const std::string& unit, const UnitHost& host) {
  auto bus = UnitBus::connect(host);
  if (!bus) return false;
  const auto group = bus->control_group(unit);
  return group && *group == home.path;
}

}  // namespace

std::optional<ThrottlePlan> plan_unit(const Home& home, const Setting& setting,
                                      const KnobHost& host) {
  const auto property = property_of(setting);
  const std::string unit = home.path.substr(home.path.rfind('/') + 1);
  if (!host.units || !property || home.mount->version != 2 || unit_kind(unit).empty())
    return std::nullopt;
  if (!is_of_unit(home, unit, *host.units)) return std::nullopt;
  Place place = cgroup_file(home.directory, property->name);
  place.kind = PlaceKind::kUnitProperty;
  place.unit = unit;
  UnitActuator actuator(*host.units);
  const auto present = actuator.read(place);
  if (!present) return std::nullopt;
  const UnitValue value{property->value, true};
  ThrottlePlan plan;
  plan.old_text = std::string(property->name) + " " + *present;
  plan.new_text =
      std::string(property->name) + " " + std::to_string(property->value) + " of " + unit;
  plan.changes.push_back({place, unit_value_text(value), false});
  return plan;
}

}  // namespace culprit
