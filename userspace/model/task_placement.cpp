// SPDX-License-Identifier: Apache-2.0
#include "model/task_placement.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "model/counter.h"
#include "model/process_rows.h"
#include "model/task_class.h"
#include "model/task_text.h"

namespace culprit {
namespace {

/// A child is placed by its parent, which may have ended meanwhile.
constexpr std::uint64_t kMemoryNs = 60'000'000'000;
/// Different commands of one program that are told apart, where it is run again and again.
constexpr std::size_t kMostPatterns = 16, kMostPrograms = 5'000;

std::string_view view_of(const std::optional<std::string>& text) {
  return text ? std::string_view(*text) : std::string_view();
}

/// A service of the host's systemd: not a session, nor what runs in a container.
bool is_service(const ProcessRow& process) {
  const std::string_view unit = view_of(process.unit);
  return unit.ends_with(".service") && !unit.starts_with("user@") && !process.container;
}

std::string scope_of(const ProcessRow& process) {
  if (process.container) return "container " + *process.container;
  return is_service(process) ? *process.unit : "";
}

std::string title_of(const ProcessRow& process) {
  const std::string title = command_title(view_of(process.command));
  return title.empty() ? thread_pool_name(process.name) : title;
}

std::string program_of(const std::string& pattern) {
  return pattern.substr(0, pattern.find(' '));
}

bool is_script(std::string_view command) {
  const std::string_view program = command.substr(0, command.find(' '));
  const std::string_view name = program.substr(program.rfind('/') + 1);
  return (name == "sh" || name == "bash" || name == "dash") && command.size() > program.size();
}

}  // namespace

TaskFacts facts_of(const ProcessRow& process) {
  TaskFacts facts;
  facts.arguments = view_of(process.command);
  facts.executable = view_of(process.executable);
  const std::string_view first = facts.arguments.substr(0, facts.arguments.find(' '));
  if (facts.executable.empty()) facts.executable = first.ends_with(':') ? "" : first;
  if (facts.executable.empty()) facts.executable = process.name;
  facts.unit = view_of(process.unit);
  facts.user = view_of(process.user);
  facts.cgroup = view_of(process.cgroup);
  facts.process = process.name;
  return facts;
}

const TaskPlacements::Known* TaskPlacements::parent_of(const ProcessRow& process) const {
  // Of those that had the pid, the last that was there before it.
  auto found = known_.upper_bound({process.parent_pid, process.id.start_time_ns});
  if (found == known_.begin()) return nullptr;
  --found;
  const bool is_parent = found->first.pid == process.parent_pid && found->first != process.id;
  return is_parent ? &found->second : nullptr;
}

/// Placed as its parent when it is a fork of it, or belongs to the job that it is.
std::optional<Placement> TaskPlacements::place_by_parent(const ProcessRow& process,
                                                         const Known& parent) const {
  const bool is_fork = !parent.command.empty() && process.command == parent.command;
  const bool same_unit = view_of(process.unit) == parent.unit;
  if ((is_fork || parent.placement.takes_children) && same_unit) return parent.placement;
  if (!parent.placement.starts_jobs || !process.command) return std::nullopt;
  Placement job;
  job.title = title_of(process);
  job.owner = "job of " + parent.placement.owner + '\n' + job.title;
  job.kind = TaskRowKind::kJob;
  job.group = parent.placement.group;
  job.verdict = ClassVerdict{Class::kBackground, 0.9, "a job of " + parent.placement.title};
  job.takes_children = true;
  return job;
}

std::optional<Placement> TaskPlacements::place_by_rule(const ProcessRow& process) const {
  const TaskFacts facts = facts_of(process);
  MatchedParts parts;
  const TaskRule* rule = rules_.find(facts, false, parts);
  if (!rule) return std::nullopt;
  Placement placement;
  placement.title = rule->name_of(facts, parts);
  while (placement.title.ends_with(' ')) placement.title.pop_back();
  if (placement.title.empty()) placement.title = title_of(process);
  placement.kind = rule->kind.value_or(TaskRowKind::kProcess);
  placement.group = rule->group;
  if (rule->task_class) placement.verdict = class_by_rule(*rule->task_class, rule->id);
  placement.starts_jobs = rule->starts_jobs;
  placement.owner = scope_of(process) + '\n' + rule->id;
  if (rule->name.empty()) placement.owner += '\n' + command_pattern(facts.arguments);
  return placement;
}

bool TaskPlacements::is_told_apart(const std::string& scope, const std::string& pattern) {
  if (patterns_.size() > kMostPrograms) patterns_.clear();
  std::set<std::size_t>& seen = patterns_[scope + '\n' + program_of(pattern)];
  const std::size_t hash = std::hash<std::string>()(pattern);
  if (seen.count(hash)) return true;
  return seen.size() < kMostPatterns && seen.insert(hash).second;
}

Placement TaskPlacements::place_by_command(const ProcessRow& process, const Known* parent) {
  Placement placement;
  const bool is_root = !parent || parent->unit != view_of(process.unit);
  if (is_service(process) && is_root) {
    placement.kind = TaskRowKind::kUnit;
    placement.title = process.unit->substr(0, process.unit->rfind('.'));
    placement.owner = *process.unit;
    placement.takes_children = is_script(view_of(process.command));
    return placement;
  }
  std::string scope = scope_of(process);
  if (scope.empty() && parent) scope = "under " + parent->placement.title;
  const std::string pattern = command_pattern(view_of(process.command));
  if (is_told_apart(scope, pattern)) {
    placement.title = title_of(process);
    placement.owner = scope + '\n' + pattern;
  } else {
    placement.title = program_of(pattern) + " …";
    placement.owner = scope + '\n' + placement.title;
  }
  return placement;
}

Placement TaskPlacements::place(const ProcessRow& process, std::uint32_t self) {
  Placement placement;
  if (process.kernel_thread) {
    placement.title = kernel_pool_name(process.name);
    placement.owner = "kernel";
    placement.kind = TaskRowKind::kThread;
    placement.group = "kernel";
    placement.verdict = ClassVerdict{Class::kSystem, 1, "a kernel thread"};
    return placement;
  }
  const Known* parent = parent_of(process);
  if (auto by_rule = place_by_rule(process);
      by_rule && !(parent && parent->placement.takes_children)) {
    placement = std::move(*by_rule);
  } else if (auto by_parent = parent ? place_by_parent(process, *parent) : std::nullopt) {
    placement = std::move(*by_parent);
  } else {
    placement = place_by_command(process, parent);
  }
  if (process.id.pid == 1) placement.title = process.name;
  if (const auto reason = system_reason(process, self); reason && !placement.takes_children)
    placement.verdict = ClassVerdict{Class::kSystem, 1, *reason};
  return placement;
}

void TaskPlacements::advance(const std::vector<ProcessRow>& processes, std::uint32_t self,
                             std::uint64_t now_ns) {
  std::vector<const ProcessRow*> unplaced;
  for (const ProcessRow& process : processes) {
    const auto found = known_.find(process.id);
    if (found == known_.end()) {
      unplaced.push_back(&process);
      continue;
    }
    Known& known = found->second;
    known.seen_ns = now_ns;
    if (known.command != view_of(process.command) ||
        known.executable != view_of(process.executable) || known.unit != view_of(process.unit))
      unplaced.push_back(&process);
  }
  // Parents before what they start.
  std::sort(unplaced.begin(), unplaced.end(), [](const ProcessRow* a, const ProcessRow* b) {
    return std::pair(a->id.start_time_ns, a->id.pid) < std::pair(b->id.start_time_ns, b->id.pid);
  });
  for (const ProcessRow* process : unplaced) {
    Placement placement = place(*process, self);
    known_[process->id] = {now_ns, std::string(view_of(process->command)),
                           std::string(view_of(process->executable)),
                           std::string(view_of(process->unit)), std::move(placement)};
  }
  std::erase_if(known_, [&](const auto& known) {
    return increase(known.second.seen_ns, now_ns) > kMemoryNs;
  });
}

const Placement& TaskPlacements::of(const ProcessRow& process) const {
  static const Placement unknown;
  const auto found = known_.find(process.id);
  return found == known_.end() ? unknown : found->second.placement;
}

}  // namespace culprit
