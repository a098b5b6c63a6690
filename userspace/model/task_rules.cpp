// SPDX-License-Identifier: Apache-2.0
#include "model/task_rules.h"

#include <cctype>

namespace culprit {
namespace {

bool fits(const std::optional<TextPattern>& pattern, std::string_view text, MatchedParts* parts) {
  return !pattern || (!text.empty() && pattern->matches(text, parts));
}

std::string_view base_name(std::string_view path) {
  constexpr std::string_view kDeleted = " (deleted)";
  if (path.ends_with(kDeleted)) path.remove_suffix(kDeleted.size());
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

std::string_view named_fact(const TaskFacts& facts, std::string_view name) {
  if (name == "unit") return facts.unit;
  if (name == "user") return facts.user;
  if (name == "process") return facts.process;
  if (name == "thread") return facts.thread;
  return base_name(facts.executable);
}

}  // namespace

bool TaskRule::matches(const TaskFacts& facts, MatchedParts& parts) const {
  // The cheap ones first. An executable is named by its path or by its last part.
  const bool program = !match.executable ||
                       fits(match.executable, base_name(facts.executable), nullptr) ||
                       fits(match.executable, facts.executable, nullptr);
  return program && fits(match.process, facts.process, nullptr) &&
         fits(match.unit, facts.unit, nullptr) && fits(match.user, facts.user, nullptr) &&
         fits(match.cgroup, facts.cgroup, nullptr) &&
         fits(match.function, facts.function, nullptr) && fits(match.file, facts.file, nullptr) &&
         fits(match.arguments, facts.arguments, &parts) && fits(match.thread, facts.thread, &parts);
}

std::string TaskRule::name_of(const TaskFacts& facts, const MatchedParts& parts) const {
  std::string filled;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '$' || i + 1 == name.size()) {
      filled += name[i];
      continue;
    }
    ++i;
    if (name[i] == '{') {
      const std::size_t end = name.find('}', i);  // the compiler saw to it that there is one
      filled += named_fact(facts, std::string_view(name).substr(i + 1, end - i - 1));
      i = end;
    } else {
      filled += parts[static_cast<std::size_t>(name[i] - '0')];
    }
  }
  return filled;
}

const TaskRule* TaskRules::find(const TaskFacts& facts, bool within, MatchedParts& parts) const {
  for (const TaskRule& rule : rules_)
    if (rule.is_within() == within && rule.matches(facts, parts)) return &rule;
  return nullptr;
}

const TaskRules& TaskRules::shipped() {
  static const TaskRules rules = [] {
    auto compiled = compile(shipped_task_rules());
    return compiled ? std::move(*compiled) : TaskRules();  // a unit test compiles them
  }();
  return rules;
}

std::string_view kind_name(TaskRowKind kind) {
  switch (kind) {
    case TaskRowKind::kCoroutine:
      return "coroutine";
    case TaskRowKind::kThread:
      return "thread";
    case TaskRowKind::kCallback:
      return "callback";
    case TaskRowKind::kJob:
      return "job";
    case TaskRowKind::kUnit:
      return "unit";
    case TaskRowKind::kProcess:
      return "process";
  }
  return "process";
}

}  // namespace culprit
