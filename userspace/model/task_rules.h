// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/task_rows.h"
#include "model/text_match.h"
#include "util/result.h"

namespace culprit {

/// What a rule can look at; views that hold while it does. Empty: not known.
struct TaskFacts {
  std::string_view executable;  ///< path of the file that runs, or only its name
  std::string_view arguments;   ///< the command line, with the program
  std::string_view unit, user, cgroup;
  std::string_view process;                 ///< short name
  std::string_view thread, file, function;  ///< within the process
};

/// One entry of rules/tasks/*.json (rules/schema/tasks-1.schema.json).
struct TaskRule {
  /// A condition on one of the facts; absent: none.
  struct Match {
    std::optional<TextPattern> executable, arguments, unit, user, cgroup, process, thread, file,
        function;
  };
  std::string id;
  Match match;
  std::string name;  ///< template: $1 … $9 of `arguments` or `thread`, ${unit}, …; "" its own
  std::optional<std::string> group;
  std::optional<Class> task_class;
  std::optional<TaskRowKind> kind;
  bool starts_jobs = false;  ///< what its processes start are jobs, with all that those start

  /// It is about a thread or a function, not about the process.
  bool is_within() const { return match.thread || match.file || match.function; }
  bool matches(const TaskFacts& facts, MatchedParts& parts) const;
  /// Its template filled in; "" when it has none.
  std::string name_of(const TaskFacts& facts, const MatchedParts& parts) const;
};

/// A file of rules.
struct RuleText {
  std::string_view name, text;
};

/// Rules in order: the first that matches counts.
class TaskRules {
 public:
  /// Rules of later files come before those of earlier ones, and replace those with their id.
  /// An error names the file and the JSON pointer of what is wrong, and what was expected.
  static Result<TaskRules> compile(std::span<const RuleText> files);
  /// Those within the binary.
  static const TaskRules& shipped();

  std::span<const TaskRule> all() const { return rules_; }
  /// Of processes, or of what is within one; nullptr when none matches.
  const TaskRule* find(const TaskFacts& facts, bool within, MatchedParts& parts) const;

 private:
  std::vector<TaskRule> rules_;
};

/// rules/tasks/*.json as they were when the binary was built.
std::span<const RuleText> shipped_task_rules();

/// "coroutine", "thread", "callback", "job", "unit" or "process".
std::string_view kind_name(TaskRowKind kind);

}  // namespace culprit
