// SPDX-License-Identifier: Apache-2.0
#include "act/wish.h"

#include <algorithm>
#include <cmath>

#include "act/ladder.h"
#include "model/usage.h"

namespace culprit {
namespace {

constexpr int kLimits = 3;
constexpr double kManyBytes = 1e6, kMuchCpu = 0.5;

struct Wished {
  LeaseTarget label;
  std::vector<ProcessId> processes;
  ResourceUse use;
};

/// A second; `cpu_seconds` in the snapshot's interval.
ResourceUse use_of(double cpu_seconds, const std::vector<ProcessId>& processes,
                   const Snapshot& snapshot) {
  const double seconds = snapshot.seconds > 0 ? snapshot.seconds : 1;
  ResourceUse use{cpu_seconds / seconds, 0};
  for (const ProcessRow& row : snapshot.processes)
    if (std::find(processes.begin(), processes.end(), row.id) != processes.end())
      use.disk_bytes += disk_bytes_of(row.usage) / seconds;
  return use;
}

Result<Wished> find_wished(const ThrottleWish& wish, const Snapshot& snapshot) {
  if (!wish.task.empty()) {
    for (const TaskRow& task : snapshot.tasks)
      if (task.id == wish.task && !task.members.empty()) {
        if (task.members.size() == 1 && task.kind != TaskRowKind::kProcess)
          return fail("task " + task.name +
                      " is a part of its process, which can only be slowed as a whole: choose " +
                      task.process.name + " (" + std::to_string(task.process.id.pid) + ")");
        return Wished{{"task", task.name, {}, {}},
                      task.members,
                      use_of(task.cpu_seconds, task.members, snapshot)};
      }
    return fail("the task is not there any more");
  }
  for (const ProcessRow& row : snapshot.processes)
    if (row.id == wish.process && !row.exited)
      return Wished{{"process", row.name, row.id.pid, row.id.start_time_ns},
                    {row.id},
                    use_of(row.usage.cpu_seconds, {row.id}, snapshot)};
  return fail("process " + std::to_string(wish.process.pid) + " has ended");
}

std::string refusal_text(const std::vector<Veto>& vetoes) {
  std::string text;
  for (const std::string& one : veto_texts(vetoes)) text += (text.empty() ? "" : "; ") + one;
  return "nothing is changed: " + text;
}

/// Of a disk's ladder both what is for loose processes and what is for units.
std::vector<Setting> steps_of(Resource resource, const ResourceUse& use, std::uint32_t cpu_count) {
  std::vector<Setting> steps;
  SuspectTrack suspect;
  suspect.intervals.push_back({0, use});
  Incrimination evidence;
  evidence.resource = resource;
  evidence.use = use.of(resource);
  if (resource == Resource::kDisk) steps.push_back(*knob_step(0, evidence, suspect, cpu_count));
  suspect.unit = "its own";
  int limits = 0;
  for (int step = 0; limits < kLimits; ++step) {
    auto setting = knob_step(step, evidence, suspect, cpu_count);
    if (!setting) break;
    limits += setting->knob == Knob::kCpuQuota || setting->knob == Knob::kIoMax;
    setting->cpus = std::round(setting->cpus * 100) / 100;
    steps.push_back(*setting);
  }
  return steps;
}

}  // namespace

std::vector<Setting> ladder_for(const ResourceUse& use, std::uint32_t cpu_count) {
  std::vector<Setting> of_cpus = steps_of(Resource::kCpu, use, cpu_count);
  Setting idle{Knob::kPolicy}, nice{Knob::kNice};
  idle.word = "idle";
  nice.number = 10;
  of_cpus.insert(of_cpus.end(), {idle, nice});
  if (use.disk_bytes < kManyBytes) return of_cpus;
  std::vector<Setting> of_disks = steps_of(Resource::kDisk, use, cpu_count);
  if (use.cpu_cores >= kMuchCpu) std::swap(of_cpus, of_disks);
  of_disks.insert(of_disks.end(), of_cpus.begin(), of_cpus.end());
  return of_disks;
}

Result<ThrottleOrder> order_of(const ThrottleWish& wish, const Snapshot& snapshot) {
  const auto wished = find_wished(wish, snapshot);
  if (!wished) return tl::unexpected<Error>(wished.error());
  const auto ladder = ladder_for(wished->use, std::max(1u, snapshot.host.cpu_count));
  if (wish.step < 0 || static_cast<std::size_t>(wish.step) >= ladder.size())
    return misuse("there are steps 0 to " + std::to_string(ladder.size() - 1));
  ThrottleOrder order;
  order.label = wished->label;
  order.processes = wished->processes;
  order.setting = ladder[static_cast<std::size_t>(wish.step)];
  if (!wish.knob.empty() && knob_name(order.setting.knob) != wish.knob)
    return fail(wish.knob + " was offered to what it used then; now this step is " +
                std::string(knob_name(order.setting.knob)) + ": ask again");
  return order;
}

Result<ThrottleOffer> offer_for(const ThrottleWish& wish, const Snapshot& snapshot,
                                const RemedyPreview::Look& look) {
  const auto wished = find_wished(wish, snapshot);
  if (!wished) return tl::unexpected<Error>(wished.error());
  const auto ladder = ladder_for(wished->use, std::max(1u, snapshot.host.cpu_count));
  std::optional<ThrottleOffer> first;
  for (ThrottleWish step = wish; static_cast<std::size_t>(step.step) < ladder.size(); ++step.step) {
    const auto order = order_of(step, snapshot);
    if (!order) return tl::unexpected<Error>(order.error());
    const HostOpinion opinion = look(*order, snapshot);
    ThrottleOffer offer;
    offer.step = step.step;
    offer.steps = static_cast<int>(ladder.size());
    offer.who = order->label.kind + " " + order->label.name;
    offer.knob = knob_name(order->setting.knob);
    offer.new_text = setting_text(order->setting);
    offer.old_text = opinion.old_text;
    offer.impossible = opinion.impossible;
    for (const Veto& veto : opinion.vetoes)
      offer.objections.push_back({veto.name, veto.reason, veto.absolute});
    if (offer.impossible.empty() || wish.step > 0) return offer;
    if (!first) first = std::move(offer);
  }
  return first ? Result<ThrottleOffer>(std::move(*first)) : fail("there is no such step");
}

Result<Lease> fulfil(const ThrottleWish& wish, const Snapshot& snapshot, Rein& rein) {
  const auto order = order_of(wish, snapshot);
  if (!order) return tl::unexpected<Error>(order.error());
  const std::vector<Veto> vetoes = rein.vetoes(*order, snapshot);
  const bool stopped = std::any_of(vetoes.begin(), vetoes.end(),
                                   [&](const Veto& veto) { return veto.absolute || !wish.force; });
  if (stopped) return fail(refusal_text(vetoes));
  LeaseTerms terms;
  terms.by = "person";
  terms.reason = "asked for: " + setting_text(order->setting);
  terms.duration = wish.duration;
  terms.guards = guard_names();
  terms.overridden = veto_texts(vetoes);
  return rein.throttle(*order, terms);
}

}  // namespace culprit
