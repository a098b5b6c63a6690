// SPDX-License-Identifier: Apache-2.0
#include "analyze/judge.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "analyze/root_cause.h"
#include "analyze/score.h"

namespace culprit {
namespace {

/// What an hour of work on it is worth, relative to others: seconds saved per second, weighed
/// by how sure it is and how much work.
double worth(const Recommendation& recommendation, double confidence) {
  constexpr double kWork[] = {1, 2, 4};
  return recommendation.saved_ratio.value_or(0) * confidence /
         kWork[static_cast<std::size_t>(recommendation.effort)];
}

bool is_worse(const Verdict& a, const Verdict& b) {
  if (a.finding.severity != b.finding.severity) return a.finding.severity > b.finding.severity;
  return a.finding.victims.size() * a.finding.confidence >
         b.finding.victims.size() * b.finding.confidence;
}

std::vector<Recommendation> ranked(std::vector<Verdict>& verdicts) {
  std::vector<std::pair<double, Recommendation>> valued;
  for (Verdict& verdict : verdicts)
    if (verdict.recommendation)
      valued.emplace_back(worth(*verdict.recommendation, verdict.finding.confidence),
                          std::move(*verdict.recommendation));
  std::stable_sort(valued.begin(), valued.end(), [](const auto& a, const auto& b) {
    if (a.second.priority != b.second.priority) return a.second.priority > b.second.priority;
    return a.first > b.first;
  });
  std::vector<Recommendation> recommendations;
  for (auto& [value, recommendation] : valued) recommendations.push_back(std::move(recommendation));
  return recommendations;
}

}  // namespace

void Judge::use(std::shared_ptr<const RuleSet> rules) {
  rules_ = rules;
  engine_.use(std::move(rules));
}

void Judge::judge(Snapshot& snapshot) {
  const Situation situation(snapshot);
  std::optional<Situation> recently;
  if (const Snapshot* calls = window_.add(snapshot)) recently.emplace(*calls, &situation);
  std::vector<Verdict> verdicts = engine_.evaluate(situation, recently ? &*recently : nullptr);
  absorb_symptoms(verdicts, *rules_);
  std::stable_sort(verdicts.begin(), verdicts.end(), is_worse);
  Judgement judgement;
  judgement.recommendations = ranked(verdicts);
  for (Verdict& verdict : verdicts) judgement.findings.push_back(std::move(verdict.finding));
  judgement.score = score_of(judgement.findings, situation);
  snapshot.judgement = std::move(judgement);
}

}  // namespace culprit
