// SPDX-License-Identifier: Apache-2.0
#include "act/remedy.h"

#include <algorithm>
#include <array>

#include "act/kernel_setting.h"
#include "act/ladder.h"
#include "act/network_limit.h"
#include "act/planner.h"
#include "act/target_order.h"
#include "collect/text_scan.h"

namespace culprit {
namespace {

struct Remedy {
  std::string_view finding;
  Knob knob;
  std::int64_t number;
  std::string_view setting = "";  ///< of the kernel; "": the one that is advised
};

constexpr std::array kRemedies = std::to_array<Remedy>({
    {"cpu.background_contention", Knob::kCpuWeight, 10},
    {"cpu.busy_loop", Knob::kCpuWeight, 10},
    {"cpu.fork_storm", Knob::kCpuWeight, 10},
    {"task.overlapping", Knob::kCpuWeight, 10},
    {"disk.saturated", Knob::kIoWeight, 10},
    {"limits.file_descriptors", Knob::kOpenFiles, 0},
    {"service.unhealthy", Knob::kDenyConnect, 0},
    {"network.connection_churn", Knob::kConnectRate, 5},
    {"limits.listen_overflow", Knob::kKernelSetting, 0, "net.core.somaxconn=16384"},
    {"limits.ephemeral_ports", Knob::kKernelSetting, 0, "net.ipv4.ip_local_port_range=16384 65535"},
    {"kernel.settings", Knob::kKernelSetting, 0},
});

std::vector<ProcessId> members_of(const Target& target, const Snapshot& snapshot) {
  if (target.kind == TargetKind::kTask) {
    for (const TaskRow& task : snapshot.tasks)
      if (task.id == target.id) return task.members;
    return {};
  }
  if (target.pid && target.start_time_ns) return {{*target.pid, *target.start_time_ns}};
  return {};
}

std::vector<ProcessId> victims_of(const Recommendation& recommendation, const Snapshot& snapshot) {
  std::vector<ProcessId> victims;
  if (!snapshot.judgement) return victims;
  for (const Finding& finding : snapshot.judgement->findings)
    if (finding.id == recommendation.finding && finding.target == recommendation.target)
      for (const Target& victim : finding.victims)
        if (victim.pid && victim.start_time_ns)
          victims.push_back({*victim.pid, *victim.start_time_ns});
  return victims;
}

/// Of the work in the background that uses a service the first; the others keep it.
std::optional<ThrottleOrder> order_for_service(const Recommendation& recommendation,
                                               const Setting& setting, const Snapshot& snapshot,
                                               const Tracks& tracks) {
  for (const ServiceRow& service : snapshot.services) {
    if (service.address != recommendation.target.name) continue;
    for (const ProcessName& user : service.users) {
      const SuspectTrack* const suspect = tracks.suspect_of(user.id.pid);
      if (!suspect || suspect->process_class != Class::kBackground) continue;
      return order_for(*suspect, setting);
    }
  }
  return std::nullopt;
}

/// In the last ten seconds of which anything is known.
double recent_disk_bytes(const SuspectTrack& suspect) {
  constexpr std::uint64_t kRecentNs = 10'000'000'000;
  if (suspect.intervals.empty()) return 0;
  const std::uint64_t end = suspect.intervals.back().at_ns;
  return mean_use(suspect, Resource::kDisk, end - std::min(end, kRecentNs)).value_or(0);
}

/// Who moves most of those that may be slowed on a person's word; null: nobody moves enough to be
/// in anybody's way.
const SuspectTrack* most_at_disks(const Tracks& tracks) {
  const SuspectTrack* most = nullptr;
  for (const auto& [key, suspect] : tracks.suspects()) {
    const bool works_for_itself =
        suspect.process_class == Class::kBackground || suspect.process_class == Class::kUnknown;
    if (!works_for_itself || suspect.database || suspect.open_transaction ||
        suspect.members.empty() || tracks.suspect_of(suspect.members.front().pid) != &suspect ||
        recent_disk_bytes(suspect) < least_use(Resource::kDisk))
      continue;
    if (!most || recent_disk_bytes(suspect) > recent_disk_bytes(*most)) most = &suspect;
  }
  return most;
}

/// By weight or class, and where no disk looks at these, by bytes a second.
std::vector<ThrottleOrder> orders_for_disk(const std::vector<ProcessId>& victims,
                                           const Tracks& tracks) {
  const SuspectTrack* const suspect = most_at_disks(tracks);
  if (!suspect) return {};
  Incrimination evidence;
  evidence.resource = Resource::kDisk;
  evidence.use = recent_disk_bytes(*suspect);
  std::vector<ThrottleOrder> orders;
  for (int step = 0; step < 2; ++step)
    if (const auto setting = knob_step(step, evidence, *suspect, tracks.cpu_count()))
      orders.push_back(order_for(*suspect, *setting));
  for (ThrottleOrder& order : orders) order.victims = victims;
  return orders;
}

/// "Set vm.swappiness=10: …" and "Set 10: …" of advice about a setting.
std::optional<Setting> advised_setting(const Recommendation& recommendation) {
  constexpr std::string_view kSet = "Set ";
  if (recommendation.actions.empty() || !recommendation.actions.front().starts_with(kSet))
    return std::nullopt;
  std::string_view words = std::string_view(recommendation.actions.front()).substr(kSet.size());
  std::string value(next_word(words));
  if (value.ends_with(':')) value.pop_back();
  // The target is the host, its id the setting.
  if (value.find('=') == std::string::npos)
    value = recommendation.target.id.value_or("") + "=" + value;
  const auto setting = parse_kernel_setting(value);
  return setting ? std::optional(*setting) : std::nullopt;
}

}  // namespace

std::optional<Setting> remedy_of(const Recommendation& recommendation) {
  for (const Remedy& remedy : kRemedies) {
    if (remedy.finding != recommendation.finding) continue;
    if (remedy.knob == Knob::kKernelSetting) {
      if (remedy.setting.empty()) return advised_setting(recommendation);
      const auto setting = parse_kernel_setting(remedy.setting);
      return setting ? std::optional(*setting) : std::nullopt;
    }
    if (remedy.knob == Knob::kDenyConnect) {
      // It may be a Unix socket, which is no address.
      const auto setting = parse_deny_connect(recommendation.target.name);
      return setting ? std::optional(*setting) : std::nullopt;
    }
    Setting setting{remedy.knob};
    setting.number = remedy.number;
    return setting;
  }
  return std::nullopt;
}

std::vector<ThrottleOrder> orders_of(const Recommendation& recommendation, const Snapshot& snapshot,
                                     const Tracks& tracks) {
  const auto setting = remedy_of(recommendation);
  if (!setting) return {};
  if (setting->knob == Knob::kKernelSetting) {
    ThrottleOrder order;
    order.label = {"host", "this host", {}, {}};
    order.setting = *setting;
    return {order};
  }
  if (recommendation.target.kind == TargetKind::kDevice)
    return orders_for_disk(victims_of(recommendation, snapshot), tracks);
  if (recommendation.target.kind == TargetKind::kService) {
    auto order = order_for_service(recommendation, *setting, snapshot, tracks);
    return order ? std::vector{*order} : std::vector<ThrottleOrder>{};
  }
  const std::vector<ProcessId> members = members_of(recommendation.target, snapshot);
  if (members.empty()) return {};
  const SuspectTrack* const suspect = tracks.suspect_of(members.front().pid);
  ThrottleOrder order;
  if (suspect && setting->knob == Knob::kCpuWeight && members.size() == 1) {
    order = order_for(*suspect, *setting);
  } else {
    order.setting = *setting;
    order.processes = members;
    order.label = {std::string(target_kind_name(recommendation.target.kind)),
                   recommendation.target.name, recommendation.target.pid,
                   recommendation.target.start_time_ns};
  }
  order.victims = victims_of(recommendation, snapshot);
  order.young_may_be_held |= recommendation.finding == kForkStorm;
  return {order};
}

std::optional<Resource> resource_of(Knob knob) {
  switch (knob) {
    case Knob::kCpuWeight:
    case Knob::kCpuQuota:
      return Resource::kCpu;
    case Knob::kIoClass:
    case Knob::kIoWeight:
    case Knob::kIoMax:
      return Resource::kDisk;
    default:
      return std::nullopt;
  }
}

Result<Recommendation> find_recommendation(const Snapshot& snapshot, std::string_view id) {
  const Recommendation* found = nullptr;
  std::size_t count = 0;
  if (snapshot.judgement)
    for (const Recommendation& one : snapshot.judgement->recommendations) {
      if (one.id == id) return one;
      if (!std::string_view(one.id).starts_with(id)) continue;
      found = &one;
      ++count;
    }
  if (count == 1) return *found;
  return fail(count == 0 ? "no recommendation " + std::string(id) + " holds now"
                         : std::to_string(count) + " recommendations begin with " +
                               std::string(id) + "; culprit recommend lists them");
}

}  // namespace culprit
