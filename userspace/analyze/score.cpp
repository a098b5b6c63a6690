// SPDX-License-Identifier: Apache-2.0
#include "analyze/score.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "analyze/number_text.h"
#include "analyze/targets.h"

namespace culprit {
namespace {

constexpr double kMostOfCategory = 30;
/// What a finding costs that harms no request, as a share of one that harms all.
constexpr double kLeastWeight = 0.5;

double cost_of(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return 1;
    case Severity::kWarning:
      return 5;
    case Severity::kCritical:
      return 15;
  }
  return 0;
}

/// Share of the host's requests whose processes suffer; absent where nobody is known to, or no
/// requests are.
std::optional<double> harmed_share(const Finding& finding, const Situation& situation) {
  std::set<std::uint32_t> harmed;
  for (const Target& victim : finding.victims)
    if (victim.pid) harmed.insert(*victim.pid);
  if (harmed.empty()) return std::nullopt;
  double all = 0, theirs = 0;
  for (const ProcessRow& row : situation.snapshot().processes) {
    if (!row.requests) continue;
    const auto requests = static_cast<double>(row.requests->count);
    all += requests;
    if (harmed.contains(row.id.pid)) theirs += requests;
  }
  return all > 0 ? std::optional(theirs / all) : std::nullopt;
}

}  // namespace

Score score_of(const std::vector<Finding>& findings, const Situation& situation) {
  Score score;
  std::map<std::string, double> by_category;
  for (const Finding& finding : findings) {
    const auto share = harmed_share(finding, situation);
    const double weight = share ? kLeastWeight + (1 - kLeastWeight) * *share : 1;
    double& spent = by_category[finding.category];
    const double lost = std::min(cost_of(finding.severity) * weight, kMostOfCategory - spent);
    if (lost <= 0) continue;
    spent += lost;
    std::string because =
        std::string(severity_name(finding.severity)) + ": " + target_text(finding.target);
    if (share) because += ", " + number_text(*share, Unit::kRatio) + " of the requests suffer";
    score.parts.push_back({finding.id, lost, std::move(because)});
    score.value -= lost;
  }
  score.value = std::max(score.value, 0.0);
  std::stable_sort(score.parts.begin(), score.parts.end(),
                   [](const ScorePart& a, const ScorePart& b) { return a.lost > b.lost; });
  return score;
}

}  // namespace culprit
