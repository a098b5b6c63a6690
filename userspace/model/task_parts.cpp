// SPDX-License-Identifier: Apache-2.0
#include "model/task_parts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

#include "model/task_class.h"
#include "model/task_text.h"
#include "model/usage.h"

namespace culprit {
namespace {

/// Names of threads come from the outside: what is beyond is one pool.
constexpr std::size_t kMostPools = 64;
constexpr std::string_view kOtherThreads = "(other threads)";
/// Threads that are all named like their process are one task with its main thread unless those
/// beside it do so much of the work.
constexpr double kShareOfUnnamed = 0.05;

/// What these frameworks call is how a request is answered.
constexpr std::array<std::string_view, 9> kAnswering = {"aiohttp",      "django",    "fastapi",
                                                        "flask",        "gunicorn",  "http.server",
                                                        "socketserver", "starlette", "tornado"};

void add(std::optional<Blocked>& sum, const Blocked& part) {
  if (!sum) sum = Blocked{};
  for (std::size_t reason = 0; reason < part.size(); ++reason) (*sum)[reason] += part[reason];
}

class Splitter {
 public:
  Splitter(const ProcessRow& process, const Placement& placement, const TaskRules& rules)
      : process_(process), placement_(placement), rules_(rules), facts_(facts_of(process)) {}

  void take_changes(const std::vector<TaskChange>& changes);
  void take_threads();
  void take_calls(const std::vector<const TaskCalls*>& calls, const TaskNames& names);
  void take_stacks(const std::vector<StackRow*>& stacks, const TaskNames& names, bool by_threads);
  std::vector<TaskPart> take() { return std::move(parts_); }

 private:
  TaskPart& part(const std::string& title, TaskRowKind kind);
  TaskPart& whole();
  TaskPart& of_name(const NamedTask& name);
  TaskPart& of_pool(const std::string& pool);
  /// It is not to be taken apart by threads.
  bool is_one() const;
  /// "": the process as a whole.
  std::string pool_of(const std::string& thread) const;
  /// The pool of threads beside the main one that have no name of their own.
  std::string pool_of_unnamed() const;
  void take_change(const TaskChange& change, double scale);
  void share_out(const std::vector<TaskChange>& changes, double left, Weights all);
  /// What a rule says of a part that has just come into being.
  void apply_rule(TaskPart& part, std::string_view thread, const std::optional<CodeName>& code);

  const ProcessRow& process_;
  const Placement& placement_;
  const TaskRules& rules_;
  TaskFacts facts_;
  std::vector<TaskPart> parts_;
  std::unordered_map<std::string, std::string> titles_;     // pool → title
  std::unordered_map<std::uint32_t, std::string> pool_of_;  // by tid
};

TaskPart& Splitter::part(const std::string& title, TaskRowKind kind) {
  for (TaskPart& part : parts_)
    if (part.title == title && part.kind == kind) return part;
  TaskPart& made = parts_.emplace_back();
  made.title = title;
  made.kind = kind;
  return made;
}

TaskPart& Splitter::whole() {
  TaskPart& made = part(placement_.title, placement_.kind);
  made.is_whole = true;
  made.group = placement_.group;
  return made;
}

void Splitter::apply_rule(TaskPart& part, std::string_view thread,
                          const std::optional<CodeName>& code) {
  part.group = placement_.group;
  TaskFacts facts = facts_;
  facts.thread = thread;
  if (code) facts.file = code->file, facts.function = code->function;
  MatchedParts matched;
  const TaskRule* rule = rules_.find(facts, true, matched);
  if (!rule) return;
  if (const std::string name = rule->name_of(facts, matched); !name.empty()) part.title = name;
  if (rule->group) part.group = rule->group;
  if (rule->kind) part.kind = *rule->kind;
  if (rule->task_class) part.verdict = class_by_rule(*rule->task_class, rule->id);
}

TaskPart& Splitter::of_name(const NamedTask& name) {
  TaskPart ruled;
  ruled.title = name.title;
  ruled.kind = name.kind;
  apply_rule(ruled, "", name.source);
  TaskPart& made = part(ruled.title, ruled.kind);
  made.group = ruled.group;
  made.verdict = ruled.verdict;
  if (!made.verdict &&
      std::find(kAnswering.begin(), kAnswering.end(), name.framework) != kAnswering.end())
    made.verdict = {Class::kForeground, 0.9, name.framework + " answers requests with it"};
  made.names_reply = name.kind == TaskRowKind::kCoroutine || name.kind == TaskRowKind::kJob ||
                     name.kind == TaskRowKind::kThread;
  if (!made.source) made.source = name.source;
  return made;
}

TaskPart& Splitter::of_pool(const std::string& pool) {
  if (pool.empty()) return whole();
  const auto [place, is_new] = titles_.try_emplace(pool, pool);
  if (is_new) {
    TaskPart ruled;
    ruled.title = pool;
    apply_rule(ruled, pool, std::nullopt);
    place->second = ruled.title;
    TaskPart& made = part(ruled.title, TaskRowKind::kThread);
    made.group = ruled.group;
    made.verdict = ruled.verdict;
    return made;
  }
  return part(place->second, TaskRowKind::kThread);
}

void Splitter::take_change(const TaskChange& change, double scale) {
  TaskPart& part = of_name(*change.name);
  if (change.cpu_seconds) part.cpu_seconds += *change.cpu_seconds * scale;
  part.samples += change.samples;
  part.contended += change.contended;
  part.run_queue_seconds = part.run_queue_seconds.value_or(0) + change.run_queue_seconds;
  add(part.blocked_seconds, change.blocked_seconds);
  part.memory_growth_bytes = part.memory_growth_bytes.value_or(0) + change.growth_bytes;
  part.runs.insert(part.runs.end(), change.runs.begin(), change.runs.end());
}

/// What was not measured is shared out by samples.
void Splitter::share_out(const std::vector<TaskChange>& changes, double left, Weights all) {
  std::unordered_map<std::string, std::uint64_t> sums;
  for (const TaskChange& change : changes) {
    if (change.cpu_seconds) continue;
    TaskPart& part = of_name(*change.name);
    const std::uint64_t sum = sums[part.title + std::string(kind_name(part.kind))] +=
        change.samples;
    part.cpu_seconds += left * static_cast<double>(change.samples) / static_cast<double>(all.sum);
    part.share_error = share_error(sum, all) *
                       (process_.usage.cpu_seconds > 0 ? left / process_.usage.cpu_seconds : 1);
  }
}

void Splitter::take_changes(const std::vector<TaskChange>& changes) {
  const double cpu = process_.usage.cpu_seconds;
  double measured = 0;
  Weights all;
  for (const TaskChange& change : changes) {
    measured += change.cpu_seconds.value_or(0);
    if (change.cpu_seconds) continue;
    all.sum += change.samples;
    all.squares += change.squares;
  }
  // A step that ends in this interval may have begun in the one before.
  const double scale = measured > cpu && measured > 0 ? cpu / measured : 1;
  for (const TaskChange& change : changes) take_change(change, scale);
  const double left = std::max(cpu - measured * scale, 0.0);
  if (all.sum > 0)
    share_out(changes, left, all);
  else if (left > 0)
    whole().cpu_seconds += left;
}

bool Splitter::is_one() const {
  return placement_.kind == TaskRowKind::kJob || placement_.kind == TaskRowKind::kUnit ||
         process_.kernel_thread;
}

std::string Splitter::pool_of_unnamed() const {
  double main = 0, beside = 0;
  for (const ThreadRow& thread : process_.threads)
    if (thread.name == process_.name)
      (thread.tid == process_.id.pid ? main : beside) += thread.usage.cpu_seconds;
  return !is_one() && main > 0 && beside > kShareOfUnnamed * process_.usage.cpu_seconds
             ? placement_.title + ": other threads"
             : "";
}

std::string Splitter::pool_of(const std::string& thread) const {
  if (thread == process_.name || is_one()) return "";
  const std::string pool = thread_pool_name(thread);
  if (pool == thread_pool_name(process_.name)) return "";
  const bool is_beyond = !pool.empty() && titles_.size() >= kMostPools && !titles_.count(pool);
  return is_beyond ? std::string(kOtherThreads) : pool;
}

void Splitter::take_threads() {
  const std::string unnamed = pool_of_unnamed();
  for (const ThreadRow& thread : process_.threads) {
    const std::string pool = thread.name == process_.name && thread.tid != process_.id.pid
                                 ? unnamed
                                 : pool_of(thread.name);
    pool_of_[thread.tid] = pool;
    TaskPart& part = of_pool(pool);
    part.cpu_seconds += thread.usage.cpu_seconds;
    if (thread.usage.run_queue_seconds)
      part.run_queue_seconds = part.run_queue_seconds.value_or(0) + *thread.usage.run_queue_seconds;
    if (thread.usage.blocked_seconds) add(part.blocked_seconds, *thread.usage.blocked_seconds);
  }
  if (parts_.size() > 1) return;
  TaskPart& all = whole();
  if (process_.memory) all.memory_growth_bytes = process_.memory->rss_change_bytes;
  // One task, whatever its threads that did nothing waited for.
  all.run_queue_seconds = process_.usage.run_queue_seconds;
  all.blocked_seconds = process_.usage.blocked_seconds;
}

void Splitter::take_calls(const std::vector<const TaskCalls*>& calls, const TaskNames& names) {
  for (const TaskCalls* call : calls) {
    const NamedTask* name = call->task ? names.find(call->task) : nullptr;
    const auto pool = pool_of_.find(call->tid);
    TaskPart& part = name                     ? of_name(*name)
                     : pool != pool_of_.end() ? of_pool(pool->second)
                                              : whole();
    part.calls.count += call->made.count;
    part.calls.errors += call->made.errors;
    part.calls.seconds += call->made.seconds;
    part.answered += call->answered;
  }
}

void Splitter::take_stacks(const std::vector<StackRow*>& stacks, const TaskNames& names,
                           bool by_threads) {
  for (StackRow* stack : stacks) {
    const NamedTask* name = stack->part ? names.find(stack->part) : nullptr;
    TaskPart& part = name         ? of_name(*name)
                     : by_threads ? of_pool(pool_of(stack->thread_name))
                                  : whole();
    part.stacks.push_back(stack);
  }
}

}  // namespace

double share_error(std::uint64_t part, Weights all) {
  if (all.sum == 0 || all.squares == 0) return 1;
  constexpr double kZ = 2;
  const double sum = static_cast<double>(all.sum);
  const double n = sum * sum / static_cast<double>(all.squares);
  const double p = static_cast<double>(part) / sum;
  const double centre = p + kZ * kZ / (2 * n);
  const double half = kZ * std::sqrt(p * (1 - p) / n + kZ * kZ / (4 * n * n));
  const double scale = 1 + kZ * kZ / n;
  const double farther =
      std::max(std::abs((centre + half) / scale - p), std::abs((centre - half) / scale - p));
  return std::min(std::max(farther + 0.5 / n, 1 / n), 1.0);
}

std::vector<TaskPart> parts_of(const ProcessRow& process, const Placement& placement,
                               const std::vector<TaskChange>* changes,
                               const std::vector<const TaskCalls*>& calls, const TaskNames& names,
                               const TaskRules& rules, const std::vector<StackRow*>& stacks) {
  Splitter splitter(process, placement, rules);
  if (changes)
    splitter.take_changes(*changes);
  else
    splitter.take_threads();
  splitter.take_calls(calls, names);
  splitter.take_stacks(stacks, names, changes == nullptr);
  return splitter.take();
}

}  // namespace culprit
