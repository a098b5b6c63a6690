// SPDX-License-Identifier: Apache-2.0
#include "act/remedy_preview.h"

#include <algorithm>

#include "act/impact.h"

namespace culprit {
namespace {

constexpr std::uint64_t kAskEvery = 30ull * 1'000'000'000;

/// The first of the victims that answers requests whose time is known; null of none.
const VictimTrack* victim_of(const ThrottleOrder& order, const Tracks& tracks) {
  for (const ProcessId& id : order.victims)
    if (const auto found = tracks.victims().find(id); found != tracks.victims().end())
      return &found->second;
  return nullptr;
}

/// The engine slows what works in the background, where it is in somebody's way.
bool is_the_engines(const ThrottleOrder& order, const SuspectTrack* suspect,
                    const VictimTrack* victim) {
  return resource_of(order.setting.knob) && victim && suspect &&
         suspect->process_class == Class::kBackground && !suspect->database &&
         !suspect->open_transaction;
}

}  // namespace

const RemedyPreview::Asked* RemedyPreview::ask(const std::string& id,
                                               const std::vector<ThrottleOrder>& orders,
                                               const Snapshot& snapshot, std::uint64_t now_ns) {
  const auto known = asked_.find(id);
  const bool due = known == asked_.end() || known->second.at_ns + kAskEvery <= now_ns;
  if (!due || looks_left_ == 0) return known == asked_.end() ? nullptr : &known->second;
  looks_left_--;
  Asked& asked = asked_[id] = {look_(orders.front(), snapshot), now_ns, 0};
  for (std::size_t i = 1; i < orders.size() && !asked.opinion.impossible.empty(); ++i)
    asked = {look_(orders[i], snapshot), now_ns, i};
  return &asked;
}

std::optional<Action> RemedyPreview::action_for(const Recommendation& recommendation,
                                                const Snapshot& snapshot, std::uint64_t now_ns) {
  const std::vector<ThrottleOrder> orders = orders_of(recommendation, snapshot, tracks_);
  if (orders.empty()) return std::nullopt;
  const Asked* const asked = look_ ? ask(recommendation.id, orders, snapshot, now_ns) : nullptr;
  const ThrottleOrder* const order = &orders[asked ? std::min(asked->nth, orders.size() - 1) : 0];
  // A setting of the kernel is nobody's.
  const SuspectTrack* const suspect =
      order->processes.empty() ? nullptr : tracks_.suspect_of(order->processes.front().pid);
  const VictimTrack* const victim = victim_of(*order, tracks_);
  Action action;
  action.id = recommendation.id;
  action.mode = "recommendation";
  action.state = "proposed";
  action.consent = is_the_engines(*order, suspect, victim) ? "auto" : "ask";
  action.target = order->label;
  action.knob = knob_name(order->setting.knob);
  action.new_text = setting_text(order->setting);
  action.reasons = {recommendation.description};
  if (victim && suspect) {
    action.victim = victim->name + " (" + std::to_string(victim->id.pid) + ")";
    const Suffering suffering = suffering_of(*victim, tracks_, now_ns, std::nullopt);
    const Resource resource = resource_of(order->setting.knob).value_or(Resource::kCpu);
    if (victim->baseline_p95_seconds())
      action.expected = expected_impact(
          victim->name, suffering,
          evidence_against(*suspect, *victim, resource, suffering.threshold_seconds, now_ns));
  }
  if (action.expected.text.empty()) action.expected.text = recommendation.expected_impact;
  if (!asked) return action;
  const HostOpinion& opinion = asked->opinion;
  action.guards = guard_names();
  action.old_text = opinion.old_text;
  if (!opinion.new_text.empty()) action.new_text = opinion.new_text;
  std::vector<std::string> objections;
  for (const Veto& veto : opinion.vetoes) objections.push_back(veto.reason);
  if (!opinion.impossible.empty()) objections.push_back(opinion.impossible);
  if (objections.empty()) return action;
  action.state = "vetoed";
  action.reasons = std::move(objections);
  return action;
}

void RemedyPreview::fill(Snapshot& snapshot, std::uint64_t now_ns) {
  tracks_.add(snapshot, now_ns);
  looks_left_ = looks_;
  if (!snapshot.judgement) return;
  std::vector<Recommendation>& all = snapshot.judgement->recommendations;
  std::erase_if(asked_, [&](const auto& asked) {
    return std::none_of(all.begin(), all.end(),
                        [&](const Recommendation& one) { return one.id == asked.first; });
  });
  for (Recommendation& one : all) one.action = action_for(one, snapshot, now_ns);
}

RemedyPreview::Look host_look(HostRein& rein) {
  return [&rein](const ThrottleOrder& order, const Snapshot& snapshot) {
    HostOpinion opinion;
    opinion.vetoes = rein.vetoes(order, snapshot);
    const auto plan = rein.plan(order);
    if (plan) {
      opinion.old_text = plan->old_text;
      opinion.new_text = plan->new_text;
    } else {
      opinion.impossible = plan.error().message;
    }
    return opinion;
  };
}

}  // namespace culprit
