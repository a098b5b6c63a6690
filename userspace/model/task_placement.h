// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/snapshot.h"
#include "model/task_rules.h"

namespace culprit {

/// Which task a process is as a whole.
struct Placement {
  std::string owner;  ///< names it across restarts, and joins the processes that are one task
  std::string title;
  TaskRowKind kind = TaskRowKind::kProcess;
  std::optional<std::string> group;
  std::optional<ClassVerdict> verdict;  ///< where a rule or what it is decides
  bool starts_jobs = false;             ///< what it starts are jobs
  bool takes_children = false;          ///< what it starts belongs to it
};

/// What a rule can look at of a process. Points into the row.
TaskFacts facts_of(const ProcessRow& process);

/// Places processes by rules, units, parents and command lines, and remembers where.
class TaskPlacements {
 public:
  explicit TaskPlacements(const TaskRules& rules) : rules_(rules) {}

  /// Places those that are new or run another program; `self` is our own pid.
  void advance(const std::vector<ProcessRow>& processes, std::uint32_t self, std::uint64_t now_ns);
  const Placement& of(const ProcessRow& process) const;

 private:
  struct Known {
    std::uint64_t seen_ns = 0;
    std::string command, executable, unit;
    Placement placement;
  };
  const Known* parent_of(const ProcessRow& process) const;
  Placement place(const ProcessRow& process, std::uint32_t self);
  std::optional<Placement> place_by_parent(const ProcessRow& process, const Known& parent) const;
  std::optional<Placement> place_by_rule(const ProcessRow& process) const;
  Placement place_by_command(const ProcessRow& process, const Known* parent);
  /// False where a program is run with ever new words: its commands are one task.
  bool is_told_apart(const std::string& scope, const std::string& pattern);

  const TaskRules& rules_;
  std::map<ProcessId, Known> known_;
  std::map<std::string, std::set<std::size_t>> patterns_;  // hashes, by scope and program
};

}  // namespace culprit
