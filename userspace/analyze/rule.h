// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "analyze/table.h"

namespace culprit {

/// A field of the rule's table, or of `host`.
struct FieldRef {
  const Table* table = nullptr;
  std::size_t field = 0;
  bool of_host = false;     ///< row 0 of `host`, whatever the rule is about
  bool per_second = false;  ///< an amount divided by the length of the interval

  const FieldInfo& info() const { return table->fields()[field]; }
  /// As evidence names it: "query.latency.p95_seconds", "process.children.ended/s".
  std::string name() const;
  Value value(const Situation& situation, std::size_t row) const;
  std::optional<double> number(const Situation& situation, std::size_t row) const;
};

/// Bounds by severity; an absent one is that of the next lower severity.
struct Thresholds {
  std::array<std::optional<double>, 3> by_severity;
  bool for_any = false;  ///< a bare number: it stands at the first place, and names no severity
  std::optional<double> clear;  ///< a finding that is there ends only beyond it

  std::optional<double> at(Severity severity) const;
};

enum class Comparator { kAbove, kBelow, kBetween, kRising, kIs, kIsNot };

struct Comparison {
  FieldRef field;
  Comparator comparator = Comparator::kAbove;
  Thresholds thresholds;            ///< of above (≥) and below (≤); of rising: per hour
  double least = 0, most = 0;       ///< of between, both included
  std::vector<std::string> texts;   ///< of is and is_not: any of them
  double over_seconds = 0;          ///< of rising: how far it looks back
  std::optional<FieldRef> part_of;  ///< of rising: thresholds are shares of it
  std::size_t number = 0;           ///< among the rule's rising comparisons
};

struct Condition {
  enum class Kind { kAll, kAny, kNone, kComparison };
  Kind kind = Kind::kAll;
  std::vector<Condition> parts;
  Comparison comparison;

  /// A threshold in it has another one for clearing.
  bool has_clear() const;
};

/// Text with values in it.
struct Template {
  enum class Word { kText, kField, kTarget, kVictims };
  struct Piece {
    Word word = Word::kText;
    std::string text;
    FieldRef field;
  };
  std::vector<Piece> pieces;
};

/// A minimum that must be there before the rule looks at a row at all.
struct Minimum {
  FieldRef field;
  double value = 0;
};

struct Advice {
  std::string category, type;
  std::optional<Priority> priority;  ///< absent: by the finding's severity
  Template description, impact;
  std::vector<Template> actions;  ///< one that needs what is absent is left out
  Effort effort = Effort::kMedium;
  std::optional<FieldRef> saves;  ///< seconds in the interval that it would save
};

/// One entry of rules/findings/*.json, compiled.
struct Rule {
  std::string id, category, title;
  const Table* table = nullptr;
  Condition condition;
  std::vector<Minimum> minimum;
  double for_seconds = 0;
  std::array<bool, 3> severities{};  ///< that it can have
  std::size_t target = 0;
  std::optional<std::size_t> victims;
  Template summary;
  std::vector<FieldRef> evidence;  ///< told beside the condition's own
  double confidence = 1;
  std::optional<FieldRef> confidence_field;  ///< multiplies it, where it is known
  std::vector<std::string> explains;         ///< ids of findings that it is the cause of
  std::optional<Advice> advice;
  std::size_t rising = 0;  ///< how many comparisons look back
  bool has_clear = false;  ///< an active finding has other thresholds
  std::string origin;      ///< file that it comes from
};

}  // namespace culprit
