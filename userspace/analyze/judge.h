// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>

#include "analyze/call_window.h"
#include "analyze/rule_engine.h"

namespace culprit {

/// Says of each snapshot what is wrong, who causes it, who suffers, and what to do.
class Judge {
 public:
  explicit Judge(std::shared_ptr<const RuleSet> rules) : rules_(rules), engine_(std::move(rules)) {}

  /// Other rules from the next snapshot on.
  void use(std::shared_ptr<const RuleSet> rules);
  /// Fills the snapshot's judgement. Snapshots come in order.
  void judge(Snapshot& snapshot);

 private:
  std::shared_ptr<const RuleSet> rules_;
  RuleEngine engine_;
  CallWindow window_;
};

}  // namespace culprit
