// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdio>
#include <set>

#include "view/finding_words.h"
#include "view/report_parts.h"

namespace culprit::report_parts {
namespace {

using document::Document;

enum Phase { kNow, kThisWeek, kLater, kPhases };

/// What is urgent and takes little comes first; what takes much is not for now, however urgent.
Phase phase_of(const Recommendation& advice) {
  switch (advice.priority) {
    case Priority::kCritical:
    case Priority::kHigh:
      return advice.effort == Effort::kHigh ? kThisWeek : kNow;
    case Priority::kMedium:
      return advice.effort == Effort::kHigh ? kLater : kThisWeek;
    case Priority::kLow:
      return advice.effort == Effort::kLow ? kThisWeek : kLater;
  }
  return kLater;
}

struct PhaseWords {
  const char *title, *note;
};
constexpr std::array<PhaseWords, kPhases> kWords = {
    {{"Now", "urgent, and not much work"},
     {"This week", "worth planning"},
     {"Later", "when there is time, or more work than it is urgent"}}};

document::Tone tone_of_priority(Priority priority) {
  switch (priority) {
    case Priority::kLow:
      return document::Tone::kPlain;
    case Priority::kMedium:
      return document::Tone::kInfo;
    case Priority::kHigh:
      return document::Tone::kWarning;
    case Priority::kCritical:
      return document::Tone::kCritical;
  }
  return document::Tone::kPlain;
}

std::string saved_text(double ratio) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%.2g s saved per second", ratio);
  return text.data();
}

document::Card card_of(const Recommendation& advice) {
  document::Card card;
  card.tone = tone_of_priority(advice.priority);
  card.badge = priority_name(advice.priority);
  card.title = advice.description;
  card.notes.push_back("For " + advice.finding + " of " + target_words(advice.target) + "; " +
                       std::string(effort_name(advice.effort)) + " effort");
  card.steps = advice.actions;
  card.outcome = advice.expected_impact;
  if (card.outcome.empty() && advice.saved_ratio.value_or(0) > 0)
    card.outcome = saved_text(*advice.saved_ratio);
  return card;
}

/// What the findings of these cost the score.
double points_of(const std::vector<const Recommendation*>& advices, const Score& score) {
  std::set<std::string> ids;
  for (const Recommendation* advice : advices) ids.insert(advice->finding);
  double points = 0;
  for (const ScorePart& part : score.parts)
    if (ids.contains(part.name)) points += part.lost;
  return points;
}

std::string gain_text(double points, const Score& score) {
  std::array<char, 96> text;
  std::snprintf(text.data(), text.size(), "; what it is for costs %.3g of the %.3g points lost",
                points, 100 - score.value);
  return text.data();
}

}  // namespace

void plan(Document& out, const Judgement& judgement) {
  if (judgement.recommendations.empty()) return;
  std::array<std::vector<const Recommendation*>, kPhases> phases;
  for (const Recommendation& advice : judgement.recommendations)
    phases[phase_of(advice)].push_back(&advice);
  out.blocks.push_back(document::Heading{"What to do"});
  for (std::size_t phase = 0; phase < kPhases; ++phase) {
    if (phases[phase].empty()) continue;
    std::string note = kWords[phase].note;
    const double points = points_of(phases[phase], judgement.score);
    if (points > 0) note += gain_text(points, judgement.score);
    out.blocks.push_back(document::Subheading{kWords[phase].title, std::move(note)});
    for (const Recommendation* advice : phases[phase]) out.blocks.push_back(card_of(*advice));
  }
}

}  // namespace culprit::report_parts
