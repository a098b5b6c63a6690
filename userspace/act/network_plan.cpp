// SPDX-License-Identifier: Apache-2.0
#include "act/network_plan.h"

#include "act/cgroup_actuator.h"
#include "act/cgroup_home.h"
#include "act/network_actuator.h"
#include "act/network_limit.h"

namespace culprit {
namespace {

constexpr char kHierarchy[] = "unified";

Place sockets_of(const std::string& directory, Knob knob) {
  Place place = cgroup_file(directory, knob == Knob::kEgress ? NetworkActuator::kEgressBytes
                                                             : NetworkActuator::kConnections);
  place.kind = PlaceKind::kNetwork;
  return place;
}

}  // namespace

Result<ThrottlePlan> plan_network(const ThrottleTarget& target, const Setting& setting,
                                  const KnobHost& host, const std::string& id) {
  const CgroupMount* const mount = host.mounts.find(kHierarchy);
  if (!mount)
    return unsupported("no cgroup hierarchy of version 2 is mounted; only its sockets can be held");
  const ProcessFactsReader processes(kHierarchy, host.root);
  const std::vector<ProcessFacts> members = in_hierarchy(target.members, processes);
  if (members.empty()) return fail("nobody of " + target.label.name + " is left");
  const auto home = find_home(members, *mount);
  if (!home) return tl::unexpected<Error>(home.error());
  ThrottlePlan plan;
  std::string directory = home->directory;
  if (!home->exclusive) {
    const Place own = own_cgroup_place(home->directory, *home, id);
    directory += "/" + own.file;
    plan.changes.push_back({own, kPresent, false});
    plan.members = who_moves(members, processes);
  }
  plan.changes.push_back({sockets_of(directory, setting.knob), network_value(setting), false});
  plan.old_text = kUnlimited;
  plan.new_text = network_value(setting) + " of " + directory;
  return plan;
}

}  // namespace culprit
