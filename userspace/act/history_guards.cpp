// SPDX-License-Identifier: Apache-2.0
#include "act/history_guards.h"

#include <algorithm>

namespace culprit {
namespace {

constexpr std::int64_t kMinute = 60ll * 1'000'000'000;

bool wrote_elsewhere(const Lease& lease) {
  return std::any_of(lease.changes.begin(), lease.changes.end(), [](const ValueChange& change) {
    return change.undone && change.undone->outcome == UndoOutcome::kForeign;
  });
}

/// The lease changed a value of one of them, or of a cgroup that they are in.
bool concerns(const Lease& lease, const std::vector<ProcessFacts>& members) {
  return std::any_of(lease.changes.begin(), lease.changes.end(), [&](const ValueChange& change) {
    return std::any_of(members.begin(), members.end(), [&](const ProcessFacts& member) {
      return is_of_thread(change.place.kind)
                 ? change.place.thread.pid == member.id.pid
                 : member.cpu_cgroup != "/" && change.place.directory.ends_with(member.cpu_cgroup);
    });
  });
}

}  // namespace

bool is_same_target(const LeaseTarget& a, const LeaseTarget& b) {
  if (a.kind != b.kind || a.name != b.name) return false;
  return a.kind != "process" || (a.pid == b.pid && a.start_time_ns == b.start_time_ns);
}

std::vector<Veto> history_vetoes(const std::vector<Lease>& leases, const LeaseTarget& target,
                                 const std::vector<ProcessFacts>& members, std::int64_t wall_ns) {
  std::size_t active = 0, last_hour = 0, of_target = 0;
  std::vector<Veto> vetoes;
  for (const Lease& lease : leases) {
    active += lease.open() && !lease.kept;
    last_hour += wall_ns - lease.applied_wall_ns < 60 * kMinute;
    of_target +=
        wall_ns - lease.applied_wall_ns < 30 * kMinute && is_same_target(lease.target, target);
    if (!lease.open() && wall_ns - lease.closed_wall_ns < 10 * kMinute && wrote_elsewhere(lease) &&
        concerns(lease, members))
      vetoes.push_back(
          {"other_writer",
           "somebody else wrote what " + lease.id + " had changed, within the last 10 minutes",
           false});
  }
  if (active >= kMostActive)
    vetoes.push_back({"budget", std::to_string(active) + " actions are active already", false});
  if (last_hour >= kMostPerHour)
    vetoes.push_back(
        {"budget", std::to_string(last_hour) + " actions were taken within the hour", false});
  if (of_target >= kMostPerTarget)
    vetoes.push_back(
        {"budget",
         target.name + " was throttled " + std::to_string(of_target) + " times within 30 minutes",
         false});
  return vetoes;
}

}  // namespace culprit
