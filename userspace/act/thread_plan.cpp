// SPDX-License-Identifier: Apache-2.0
#include "act/thread_plan.h"

#include <set>

#include "act/disks.h"
#include "act/thread_actuator.h"
#include "collect/text_scan.h"

namespace culprit {
namespace {

PlaceKind place_of(Knob knob) {
  if (knob == Knob::kNice) return PlaceKind::kNice;
  if (knob == Knob::kPolicy) return PlaceKind::kPolicy;
  if (knob == Knob::kIoClass) return PlaceKind::kIoClass;
  return PlaceKind::kOpenFiles;
}

/// Somebody who is not of the target counts by the same nice values.
Status check_effect(const ThrottleTarget& target, const KnobHost& host) {
  std::set<std::string> groups;
  std::set<std::uint32_t> members;
  for (const ProcessFacts& member : target.members) {
    groups.insert(scheduling_group(member));
    members.insert(member.id.pid);
  }
  for (const auto& [pid, parent] : host.processes->parents()) {
    if (members.count(pid)) continue;
    const auto other = host.processes->read(pid);
    if (other && !other->kernel_thread && groups.count(scheduling_group(*other))) return {};
  }
  return fail(
      "it would have no effect: nice values and policies count among the threads of one "
      "group, and nobody else is in " +
      *groups.begin() + "; use --weight or --cpu");
}

/// Some disk's scheduler looks at the I/O class.
Status check_io_effect(const KnobHost& host) {
  if (has_scheduler(host.root, {"bfq", "mq-deadline"})) return {};
  return fail(
      "it would have no effect: no disk of this host has a scheduler that looks at I/O "
      "classes (bfq, mq-deadline)");
}

Result<std::string> limit_wanted(const std::string& present, const Setting& setting) {
  std::string_view words = present;
  const std::string soft(next_word(words)), hard(next_word(words));
  if (setting.number == 0) return hard + " " + hard;
  const auto most = to_number<std::uint64_t>(hard);
  if (most && static_cast<std::uint64_t>(setting.number) > *most)
    return fail("--open-files " + std::to_string(setting.number) + " is above the hard limit " +
                hard + ", which stays");
  return std::to_string(setting.number) + " " + hard;
}

}  // namespace

std::string scheduling_group(const ProcessFacts& process) {
  // Autogroups are of threads in the root only, sched(7).
  if (process.cpu_cgroup == "/" && !process.autogroup.empty()) return process.autogroup;
  return process.cpu_cgroup;
}

Result<ThrottlePlan> plan_threads(const ThrottleTarget& target, const Setting& setting,
                                  const KnobHost& host) {
  const bool of_scheduler = setting.knob == Knob::kNice || setting.knob == Knob::kPolicy;
  if (of_scheduler)
    if (Status effect = check_effect(target, host); !effect)
      return tl::unexpected<Error>(effect.error());
  if (setting.knob == Knob::kIoClass)
    if (Status effect = check_io_effect(host); !effect)
      return tl::unexpected<Error>(effect.error());
  ThrottlePlan plan;
  ThreadActuator actuator;
  for (const ProcessFacts& member : target.members) {
    std::vector<ThreadIdentity> threads = member.threads;
    if (setting.knob == Knob::kOpenFiles) threads = {member.id};
    for (const ThreadIdentity& thread : threads) {
      Place place;
      place.kind = place_of(setting.knob);
      place.thread = thread;
      const auto present = actuator.read(place);
      if (!present && actuator.presence(place) != Presence::kThere) continue;
      if (!present) return tl::unexpected<Error>(present.error());
      std::string wanted = setting.word;
      if (setting.knob == Knob::kNice) wanted = std::to_string(setting.number);
      if (setting.knob == Knob::kOpenFiles) {
        auto limit = limit_wanted(*present, setting);
        if (!limit) return tl::unexpected<Error>(limit.error());
        wanted = std::move(*limit);
      }
      // What was nicer already is left so: a throttle never makes anybody faster.
      if (setting.knob == Knob::kNice && to_number<int>(*present).value_or(0) >= setting.number)
        continue;
      if (plan.old_text.empty()) plan.old_text = *present;
      plan.new_text = wanted;
      plan.changes.push_back({place, wanted, false});
    }
  }
  if (plan.changes.empty()) return fail("nothing to do: it is so already");
  return plan;
}

}  // namespace culprit
