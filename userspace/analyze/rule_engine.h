// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "analyze/floor_trend.h"
#include "analyze/rule_set.h"
#include "analyze/targets.h"

namespace culprit {

/// A finding and what to do about it.
struct Verdict {
  Finding finding;
  std::optional<Recommendation> recommendation;
};

/// Holds rules against one snapshot after the other; remembers since when what holds.
class RuleEngine {
 public:
  explicit RuleEngine(std::shared_ptr<const RuleSet> rules) : rules_(std::move(rules)) {}

  /// Other rules from the next snapshot on; what is remembered of those that stay, stays.
  void use(std::shared_ptr<const RuleSet> rules);
  /// In order of the rules. `recently`: the calls of the last seconds, this interval included,
  /// which rules about calls look at too unless it has to last; or nullptr.
  std::vector<Verdict> evaluate(const Situation& situation, const Situation* recently = nullptr);

  /// What is remembered of one rule and one target.
  struct Memory {
    double held_seconds = 0;    ///< without a break
    double broken_seconds = 0;  ///< since it held last
    std::int64_t since_wall_ns = 0;
    bool active = false;  ///< it is a finding
    bool seen = false;    ///< its row is in the present snapshot
    bool holds = false;   ///< in the present snapshot
    std::vector<FloorTrend> trends;
  };

 private:
  using Memories = std::unordered_map<Target, Memory, TargetHash, SameTarget>;

  struct Hit;
  using Hits = std::map<std::string, Hit>;  // by key of the target

  struct Work;

  static void look_at(const Table& table, const Situation& situation, std::vector<Work>& works);
  /// Adds its target where the rule speaks.
  static void look_at_row(const Work& work, const Situation& situation, std::size_t row,
                          Hits& hits);
  static void conclude(Work& work, const Situation& situation, std::vector<Verdict>& verdicts);
  /// At the end of a snapshot of so many seconds.
  static void forget(const Rule& rule, double seconds, Memories& memories);

  std::shared_ptr<const RuleSet> rules_;
  std::map<std::string, Memories> memories_;  ///< by id of the rule
};

}  // namespace culprit
