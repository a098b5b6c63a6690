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

/// A rule and what it finds in one snapshot.
struct RuleEngine::Work {
  const Rule* rule = nullptr;
  Memories* memories = nullptr;
  const Situation* recently = nullptr;  ///< nullptr: it does not look back
  Hits hits, earlier;
};

void RuleEngine::use(std::shared_ptr<const RuleSet> rules) {
  rules_ = std::move(rules);
  std::erase_if(memories_, [this](const auto& entry) { return !rules_->find(entry.first); });
  // Rules of the same id may look back over other times.
  for (auto& [id, memories] : memories_)
    for (auto& [key, memory] : memories) memory.trends.clear();
}

std::vector<Verdict> RuleEngine::evaluate(const Situation& situation, const Situation* recently) {
  std::vector<Work> works;
  for (const Rule& rule : rules_->rules())
    works.push_back({&rule, &memories_[rule.id], looks_back(rule) ? recently : nullptr, {}, {}});
  for (const Table* table : tables()) look_at(*table, situation, works);
  std::vector<Verdict> verdicts;
  for (Work& work : works) conclude(work, situation, verdicts);
  return verdicts;
}

// Row by row for all rules: thousands of rows do not fit the CPU's caches.
void RuleEngine::look_at(const Table& table, const Situation& situation, std::vector<Work>& works) {
  std::vector<Work*> own;
  for (Work& work : works)
    if (work.rule->table == &table) own.push_back(&work);
  if (own.empty()) return;
  for (std::size_t row = 0, rows = table.rows(situation); row < rows; ++row)
    for (Work* work : own) look_at_row(*work, situation, row, work->hits);
  for (Work* work : own)
    for (std::size_t row = 0; work->recently && row < table.rows(*work->recently); ++row)
      look_at_row(*work, *work->recently, row, work->earlier);
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

void RuleEngine::look_at_row(const Work& work, const Situation& situation, std::size_t index,
                             Hits& hits) {
  const Rule& rule = *work.rule;
  Memories& memories = *work.memories;
  RuleRow row{rule, situation, index, nullptr};
  if (!row.has_minimum()) return;
  std::optional<Target> target;
  if (rule.rising > 0 || (rule.has_clear && !memories.empty())) {
    target = row.target();
    auto found = memories.find(*target);
    if (rule.rising > 0 && found == memories.end() && memories.size() < kMostMemories)
      found = memories.try_emplace(*target).first;
    if (found != memories.end()) {
      if (rule.rising > 0) note_trends(rule, rule.condition, situation, index, found->second);
      found->second.seen = true;
      row.memory = &found->second;
    }
  }
  const auto severity = row.severity();
  if (!severity) return;
  hits[target_key(target ? *target : row.target())].note(row, *severity);
}

void RuleEngine::conclude(Work& work, const Situation& situation, std::vector<Verdict>& verdicts) {
  const Rule& rule = *work.rule;
  Memories& memories = *work.memories;
  work.hits.merge(work.earlier);  // the present tells more of what is in both
  for (const auto& [key, hit] : work.hits) {
    const Target target = RuleRow{rule, *hit.situation, hit.row, nullptr}.target();
    if (memories.size() >= kMostMemories && !memories.contains(target)) continue;
    Memory& memory = memories[target];
    if (memory.held_seconds == 0) memory.since_wall_ns = situation.snapshot().start_wall_ns;
    memory.held_seconds += situation.seconds();
    memory.broken_seconds = 0;
    memory.seen = memory.holds = true;
    if (memory.held_seconds < rule.for_seconds * (1 - kSlack)) continue;
    memory.active = true;
    Verdict verdict =
        RuleRow{rule, *hit.situation, hit.row, &memory}.verdict(hit.severity, memory.since_wall_ns);
    add_victims(verdict.finding, hit.other_victims);
    verdicts.push_back(std::move(verdict));
  }
  forget(rule, situation.seconds(), memories);
}

// What broke off starts anew: at once where it was no finding yet, else after a while.
void RuleEngine::forget(const Rule& rule, double seconds, Memories& memories) {
  const double patience = std::min(rule.for_seconds, kLongestBreak);
  for (auto at = memories.begin(); at != memories.end();) {
    Memory& memory = at->second;
    if (!memory.holds) memory.broken_seconds += seconds;
    if (memory.broken_seconds > 0 && (!memory.active || memory.broken_seconds >= patience)) {
      memory.active = false;
      memory.held_seconds = 0;
    }
    // A trend is kept as long as its row is there.
    const bool trending = rule.rising > 0 && memory.seen;
    memory.seen = memory.holds = false;
    at = memory.held_seconds == 0 && !trending ? memories.erase(at) : std::next(at);
  }
}

}  // namespace culprit
