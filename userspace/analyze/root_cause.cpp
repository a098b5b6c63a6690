// SPDX-License-Identifier: Apache-2.0
#include "analyze/root_cause.h"

#include <algorithm>
#include <optional>

#include "analyze/targets.h"

namespace culprit {
namespace {

constexpr std::size_t kMostSteps = 8;  // from a symptom to its cause

/// The same thing, or a thing of that process: an endpoint, a pool.
bool concerns(const Target& a, const Target& b) {
  if (a == b) return true;
  if (a.kind == TargetKind::kHost || b.kind == TargetKind::kHost) return true;
  const bool of_process = a.kind == TargetKind::kProcess || b.kind == TargetKind::kProcess;
  return of_process && a.pid && a.pid == b.pid && a.start_time_ns == b.start_time_ns;
}

bool explains(const Finding& cause, const Finding& symptom, const RuleSet& rules) {
  const Rule* rule = rules.find(cause.id);
  if (!rule ||
      std::find(rule->explains.begin(), rule->explains.end(), symptom.id) == rule->explains.end())
    return false;
  if (concerns(cause.target, symptom.target)) return true;
  return std::any_of(cause.victims.begin(), cause.victims.end(),
                     [&](const Target& victim) { return concerns(victim, symptom.target); });
}

void add_victim(Finding& cause, const Target& victim) {
  if (victim == cause.target || victim.kind == TargetKind::kHost) return;
  if (std::find(cause.victims.begin(), cause.victims.end(), victim) == cause.victims.end())
    cause.victims.push_back(victim);
}

void take_over(Finding& cause, const Finding& symptom) {
  add_victim(cause, symptom.target);
  for (const Target& victim : symptom.victims) add_victim(cause, victim);
  cause.severity = std::max(cause.severity, symptom.severity);
  cause.since_wall_ns = std::min(cause.since_wall_ns, symptom.since_wall_ns);
  if (std::find(cause.explains.begin(), cause.explains.end(), symptom.id) == cause.explains.end())
    cause.explains.push_back(symptom.id);
}

}  // namespace

void absorb_symptoms(std::vector<Verdict>& verdicts, const RuleSet& rules) {
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::vector<std::size_t> cause_of(verdicts.size(), kNone);
  for (std::size_t symptom = 0; symptom < verdicts.size(); ++symptom)
    for (std::size_t cause = 0; cause < verdicts.size() && cause_of[symptom] == kNone; ++cause)
      if (cause != symptom && explains(verdicts[cause].finding, verdicts[symptom].finding, rules))
        cause_of[symptom] = cause;
  for (std::size_t symptom = 0; symptom < verdicts.size(); ++symptom) {
    std::size_t root = symptom;
    // Rules that explain each other would go round for ever.
    for (std::size_t step = 0; step < kMostSteps && cause_of[root] != kNone; ++step)
      root = cause_of[root];
    if (cause_of[root] != kNone) cause_of[symptom] = kNone;
    if (cause_of[symptom] != kNone) take_over(verdicts[root].finding, verdicts[symptom].finding);
  }
  std::size_t index = 0;
  std::erase_if(verdicts, [&](const Verdict&) { return cause_of[index++] != kNone; });
}

}  // namespace culprit
