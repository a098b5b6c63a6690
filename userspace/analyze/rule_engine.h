// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analyze/floor_trend.h"
#include "analyze/rule_set.h"

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
    bool seen = false;    ///< in the present snapshot
    std::vector<FloorTrend> trends;
  };

 private:
  using Memories = std::map<std::string, Memory>;

  struct Hit;
  using Hits = std::map<std::string, Hit>;  // by target

  void evaluate_rule(const Rule& rule, const Situation& situation, const Situation* recently,
                     std::vector<Verdict>& verdicts);
  /// Adds the targets for which the rule speaks.
  static void find_hits(const Rule& rule, const Situation& situation, Memories& memories,
                        Hits& hits);
  void forget(const Rule& rule, Memories& memories);

  std::shared_ptr<const RuleSet> rules_;
  std::map<std::string, Memories> memories_;  ///< by id of the rule
};

}  // namespace culprit
