// SPDX-License-Identifier: Apache-2.0
#include "analyze/rule_row.h"

#include <algorithm>

#include "analyze/number_text.h"
#include "analyze/targets.h"

namespace culprit {
namespace {

constexpr std::size_t kVictimsKept = 20;
constexpr std::size_t kVictimsTold = 3;
constexpr std::size_t kTextBytes = 600;

constexpr Severity kWorstFirst[] = {Severity::kCritical, Severity::kWarning, Severity::kInfo};
constexpr unsigned kEverySeverity = 0b111;

constexpr unsigned bit_of(Severity severity) {
  return 1u << static_cast<unsigned>(severity);
}

std::string list_of(const std::vector<Target>& targets) {
  std::string list;
  for (std::size_t index = 0; index < targets.size() && index < kVictimsTold; ++index)
    list += (list.empty() ? "" : ", ") + target_text(targets[index]);
  if (targets.size() > kVictimsTold)
    list += " and " + std::to_string(targets.size() - kVictimsTold) + " more";
  return list;
}

std::optional<std::string> value_text(const FieldRef& field, const RuleRow& row) {
  const Value value = field.value(row.situation, row.row);
  if (const auto* text = std::get_if<std::string>(&value)) return plain_text(*text);
  const auto number = number_of(value);
  if (!number) return std::nullopt;
  const FieldInfo& info = field.info();
  // Seconds in a second are a share.
  const bool share = field.per_second && info.unit == Unit::kSeconds;
  return number_text(*number, share ? Unit::kRatio : info.unit) +
         (field.per_second && !share ? "/s" : "");
}

std::string_view evidence_unit(const FieldRef& field) {
  if (field.per_second && field.info().unit == Unit::kSeconds) return "ratio";
  return unit_word(field.info().unit);
}

Priority priority_of(const Finding& finding) {
  switch (finding.severity) {
    case Severity::kInfo:
      return Priority::kLow;
    case Severity::kWarning:
      return finding.confidence >= 0.8 ? Priority::kHigh : Priority::kMedium;
    case Severity::kCritical:
      return Priority::kCritical;
  }
  return Priority::kLow;
}

}  // namespace

bool RuleRow::has_minimum() const {
  return std::all_of(rule.minimum.begin(), rule.minimum.end(), [&](const Minimum& minimum) {
    const auto value = minimum.field.number(situation, row);
    return value && *value >= minimum.value;
  });
}

std::optional<Severity> RuleRow::severity() const {
  const Severities found = holding(rule.condition, false);
  for (const Severity severity : kWorstFirst)
    if (rule.severities[static_cast<std::size_t>(severity)] && (found & bit_of(severity)))
      return severity;
  return std::nullopt;
}

// `strict`: below an `any`, where a threshold that does not name this severity must not lend
// its milder one to it.
RuleRow::Severities RuleRow::holding(const Condition& condition, bool strict) const {
  switch (condition.kind) {
    case Condition::Kind::kAll: {
      Severities all = kEverySeverity;
      for (const Condition& part : condition.parts)
        if (all &= holding(part, strict); all == 0) break;
      return all;
    }
    case Condition::Kind::kAny: {
      Severities any = 0;
      for (const Condition& part : condition.parts) any |= holding(part, true);
      return any;
    }
    case Condition::Kind::kNone: {
      Severities any = 0;
      for (const Condition& part : condition.parts) any |= holding(part, false);
      return kEverySeverity & ~any;
    }
    case Condition::Kind::kComparison:
      return holding(condition.comparison, strict);
  }
  return 0;
}

RuleRow::Severities RuleRow::holding(const Comparison& comparison, bool strict) const {
  if (comparison.comparator == Comparator::kIs || comparison.comparator == Comparator::kIsNot) {
    const Value value = comparison.field.value(situation, row);
    const auto* text = std::get_if<std::string>(&value);
    if (!text) return 0;
    const auto& texts = comparison.texts;
    const bool found = std::find(texts.begin(), texts.end(), *text) != texts.end();
    return found == (comparison.comparator == Comparator::kIs) ? kEverySeverity : 0;
  }
  const auto value = number(comparison);
  if (!value) return 0;
  if (comparison.comparator == Comparator::kBetween)
    return *value >= comparison.least && *value <= comparison.most ? kEverySeverity : 0;
  Severities found = 0;
  for (const Severity severity : kWorstFirst) {
    const auto limit = bound(comparison, severity, strict);
    if (!limit) continue;
    const bool below = comparison.comparator == Comparator::kBelow;
    if (below ? *value <= *limit : *value >= *limit) found |= bit_of(severity);
  }
  return found;
}

std::optional<double> RuleRow::number(const Comparison& comparison) const {
  if (comparison.comparator != Comparator::kRising) return comparison.field.number(situation, row);
  if (!memory || comparison.number >= memory->trends.size()) return std::nullopt;
  const auto slope = memory->trends[comparison.number].per_hour();
  if (!slope || !comparison.part_of) return slope;
  const auto whole = comparison.part_of->number(situation, row);
  return whole && *whole > 0 ? std::optional(*slope / *whole) : std::nullopt;
}

std::optional<double> RuleRow::bound(const Comparison& comparison, Severity severity,
                                     bool strict) const {
  const Thresholds& thresholds = comparison.thresholds;
  const auto level = static_cast<std::size_t>(severity);
  if (strict && !thresholds.for_any && !thresholds.by_severity[level]) return std::nullopt;
  const auto limit = thresholds.at(severity);
  // The mildest one is what a finding ends by.
  if (limit && memory && memory->active && thresholds.clear) {
    const auto milder = severity == Severity::kInfo
                            ? std::nullopt
                            : thresholds.at(static_cast<Severity>(level - 1));
    if (!milder) return thresholds.clear;
  }
  return limit;
}

Target RuleRow::target() const {
  return rule.table->related(situation, row, rule.target).front();
}

std::vector<Target> RuleRow::victims() const {
  if (!rule.victims) return {};
  auto victims = rule.table->related(situation, row, *rule.victims);
  if (victims.size() > kVictimsKept) victims.resize(kVictimsKept);
  return victims;
}

void RuleRow::add_evidence(const Condition& condition, Severity severity, bool strict,
                           std::vector<Evidence>& evidence) const {
  if (condition.kind == Condition::Kind::kNone) return;
  for (const Condition& part : condition.parts)
    add_evidence(part, severity, strict || condition.kind == Condition::Kind::kAny, evidence);
  if (condition.kind != Condition::Kind::kComparison) return;
  const Comparison& comparison = condition.comparison;
  if (!comparison.texts.empty() || !(holding(comparison, strict) & bit_of(severity))) return;
  const bool rising = comparison.comparator == Comparator::kRising;
  evidence.push_back({comparison.field.name() + (rising ? " rising per hour" : ""),
                      number(comparison).value_or(0), bound(comparison, severity, strict),
                      std::string(comparison.part_of ? "ratio" : evidence_unit(comparison.field))});
}

std::optional<std::string> RuleRow::text(const Template& text) const {
  std::string out;
  for (const Template::Piece& piece : text.pieces) {
    switch (piece.word) {
      case Template::Word::kText:
        out += piece.text;
        break;
      case Template::Word::kTarget:
        out += target_text(target());
        break;
      case Template::Word::kVictims: {
        const std::string list = list_of(victims());
        if (list.empty()) return std::nullopt;
        out += list;
        break;
      }
      case Template::Word::kField: {
        const auto value = value_text(piece.field, *this);
        if (!value) return std::nullopt;
        out += *value;
        break;
      }
    }
  }
  return plain_text(out, kTextBytes);
}

Verdict RuleRow::verdict(Severity severity, std::int64_t since_wall_ns) const {
  Verdict verdict;
  Finding& finding = verdict.finding;
  finding.id = rule.id;
  finding.severity = severity;
  finding.category = rule.category;
  finding.target = target();
  finding.victims = victims();
  // A sentence that lacks a number is replaced by the title: the evidence has what there is.
  finding.summary = text(rule.summary).value_or(rule.title + ": " + target_text(finding.target));
  finding.since_wall_ns = since_wall_ns;
  finding.confidence = rule.confidence;
  if (rule.confidence_field)
    finding.confidence *=
        std::clamp(rule.confidence_field->number(situation, row).value_or(1), 0.0, 1.0);
  add_evidence(rule.condition, severity, false, finding.evidence);
  for (const FieldRef& field : rule.evidence)
    if (const auto value = field.number(situation, row))
      finding.evidence.push_back({field.name(), *value, {}, std::string(evidence_unit(field))});
  if (rule.advice) verdict.recommendation = recommendation(*rule.advice, finding);
  return verdict;
}

Recommendation RuleRow::recommendation(const Advice& advice, const Finding& finding) const {
  Recommendation made;
  made.id = finding.id + "@" + target_key(finding.target);
  made.finding = finding.id;
  made.category = advice.category;
  made.type = advice.type;
  made.target = finding.target;
  made.priority = advice.priority.value_or(priority_of(finding));
  made.description = text(advice.description).value_or(finding.summary);
  for (const Template& action : advice.actions)
    if (auto words = text(action)) made.actions.push_back(std::move(*words));
  made.expected_impact = text(advice.impact).value_or("");
  if (advice.saves) {
    const auto saved = advice.saves->number(situation, row);
    if (saved && situation.seconds() > 0) made.saved_ratio = *saved / situation.seconds();
  }
  made.effort = advice.effort;
  return made;
}

}  // namespace culprit
