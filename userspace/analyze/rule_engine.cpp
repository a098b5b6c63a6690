// SPDX-License-Identifier: Apache-2.0
#include "analyze/rule_engine.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "analyze/rule_row.h"
#include "analyze/targets.h"

namespace culprit {
namespace {

constexpr double kSlack = 0.05;       // of a time that is asked for: intervals are never exact
constexpr double kLongestBreak = 10;  // seconds without the condition that end a finding
constexpr double kNanosecond = 1e-9;
constexpr std::size_t kMostMemories = 20'000;  // of one rule

void note_trends(const Rule& rule, const Condition& condition, const Situation& situation,
                 std::size_t row, RuleEngine::Memory& memory) {
  for (const Condition& part : condition.parts) note_trends(rule, part, situation, row, memory);
  if (condition.kind != Condition::Kind::kComparison ||
      condition.comparison.comparator != Comparator::kRising)
    return;
  const Comparison& comparison = condition.comparison;
  while (memory.trends.size() <= comparison.number)
    memory.trends.emplace_back(comparison.over_seconds);
  if (const auto value = comparison.field.number(situation, row))
    memory.trends[comparison.number].note(
        static_cast<double>(situation.snapshot().end_wall_ns) * kNanosecond, *value);
}

void add_victims(Finding& finding, const std::vector<Target>& others) {
  for (const Target& other : others)
    if (std::find(finding.victims.begin(), finding.victims.end(), other) == finding.victims.end())
      finding.victims.push_back(other);
}

/// What is said of calls does not depend on the length of the interval; but what has to last is
/// looked at in each: many connections that were made once are no churn.
bool looks_back(const Rule& rule) {
  constexpr double kLasting = 5;
  constexpr std::string_view kTables[] = {"query",   "request_query", "endpoint",
                                          "service", "database",      "lookup"};
  return rule.for_seconds < kLasting &&
         std::find(std::begin(kTables), std::end(kTables), rule.table->name()) != std::end(kTables);
}

}  // namespace

/// A row for which the rule speaks; of several rows of one target, the worst.
struct RuleEngine::Hit {
  const Situation* situation = nullptr;
  std::size_t row = 0;
  Severity severity = Severity::kInfo;
  std::vector<Target> other_victims;  ///< of the rows that were not the worst

  void note(const RuleRow& found, Severity found_severity);
};

void RuleEngine::use(std::shared_ptr<const RuleSet> rules) {
  rules_ = std::move(rules);
  std::erase_if(memories_, [this](const auto& entry) { return !rules_->find(entry.first); });
  // Rules of the same id may look back over other times.
  for (auto& [id, memories] : memories_)
    for (auto& [key, memory] : memories) memory.trends.clear();
}

std::vector<Verdict> RuleEngine::evaluate(const Situation& situation, const Situation* recently) {
  std::vector<Verdict> verdicts;
  for (const Rule& rule : rules_->rules())
    evaluate_rule(rule, situation, looks_back(rule) ? recently : nullptr, verdicts);
  return verdicts;
}

void RuleEngine::Hit::note(const RuleRow& found, Severity found_severity) {
  if (!situation) {
    situation = &found.situation;
    row = found.row;
    severity = found_severity;
    return;
  }
  const bool worse = found_severity > severity;
  const RuleRow milder{found.rule, *situation, worse ? row : found.row, found.memory};
  auto victims = milder.victims();
  std::move(victims.begin(), victims.end(), std::back_inserter(other_victims));
  if (worse) row = found.row, severity = found_severity;
}

void RuleEngine::find_hits(const Rule& rule, const Situation& situation, Memories& memories,
                           Hits& hits) {
  for (std::size_t index = 0; index < rule.table->rows(situation); ++index) {
    RuleRow row{rule, situation, index, nullptr};
    if (!row.has_minimum()) continue;
    std::string key;
    if (rule.rising > 0 || !memories.empty()) {
      key = target_key(row.target());
      auto found = memories.find(key);
      if (rule.rising > 0 && found == memories.end() && memories.size() < kMostMemories)
        found = memories.try_emplace(key).first;
      if (found != memories.end()) {
        if (rule.rising > 0) note_trends(rule, rule.condition, situation, index, found->second);
        found->second.seen = true;
        row.memory = &found->second;
      }
    }
    const auto severity = row.severity();
    if (!severity) continue;
    if (key.empty()) key = target_key(row.target());
    hits[key].note(row, *severity);
  }
}

void RuleEngine::evaluate_rule(const Rule& rule, const Situation& situation,
                               const Situation* recently, std::vector<Verdict>& verdicts) {
  Memories& memories = memories_[rule.id];
  Hits hits;
  find_hits(rule, situation, memories, hits);
  if (recently) {
    Hits earlier;
    find_hits(rule, *recently, memories, earlier);
    hits.merge(earlier);  // the present tells more of what is in both
  }
  for (const auto& [key, hit] : hits) {
    if (memories.size() >= kMostMemories && !memories.contains(key)) continue;
    Memory& memory = memories[key];
    if (memory.held_seconds == 0) memory.since_wall_ns = situation.snapshot().start_wall_ns;
    memory.held_seconds += situation.seconds();
    memory.broken_seconds = 0;
    memory.seen = true;
    if (memory.held_seconds < rule.for_seconds * (1 - kSlack)) continue;
    memory.active = true;
    Verdict verdict =
        RuleRow{rule, *hit.situation, hit.row, &memory}.verdict(hit.severity, memory.since_wall_ns);
    add_victims(verdict.finding, hit.other_victims);
    verdicts.push_back(std::move(verdict));
  }
  for (auto& [key, memory] : memories)
    if (!hits.contains(key)) memory.broken_seconds += situation.seconds();
  forget(rule, memories);
}

// What broke off starts anew: at once where it was no finding yet, else after a while.
void RuleEngine::forget(const Rule& rule, Memories& memories) {
  const double patience = std::min(rule.for_seconds, kLongestBreak);
  for (auto at = memories.begin(); at != memories.end();) {
    Memory& memory = at->second;
    if (memory.broken_seconds > 0 && (!memory.active || memory.broken_seconds >= patience)) {
      memory.active = false;
      memory.held_seconds = 0;
    }
    // A trend is kept as long as its row is there.
    const bool trending = rule.rising > 0 && memory.seen;
    memory.seen = false;
    at = memory.held_seconds == 0 && !trending ? memories.erase(at) : std::next(at);
  }
}

}  // namespace culprit
