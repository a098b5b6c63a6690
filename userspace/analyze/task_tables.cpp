// SPDX-License-Identifier: Apache-2.0
#include "analyze/number_text.h"
#include "analyze/row_table.h"
#include "analyze/targets.h"

namespace culprit {
namespace {

using rule_field::counter;
using rule_field::gauge;
using rule_field::ratio;
using rule_field::text;

using T = TaskRow;

/// Processes that answer requests and wait for a CPU.
std::vector<Target> waiting_for_cpu(const T&, const Situation& situation) {
  static const std::size_t relation = *host_table().relation("waiting_for_cpu");
  return host_table().related(situation, 0, relation);
}

/// "scheduler.py:40 sync_all": where its code is.
Value source_text(const T& row, const Situation&) {
  if (!row.source) return {};
  const std::string line = row.source->line ? ":" + std::to_string(row.source->line) : "";
  return Value(plain_text(row.source->file + line + " " + row.source->function));
}

/// Seconds for which code of an event loop's waited where all others of that loop had to wait
/// for it: a coroutine and a callback are on the stack only while they hold it. Not for locks:
/// within one process that is Python's own, which others hold.
std::optional<double> loop_blocked_seconds(const T& row) {
  const bool in_loop = row.kind == TaskRowKind::kCoroutine || row.kind == TaskRowKind::kCallback;
  if (!in_loop || !row.blocked_seconds) return std::nullopt;
  double seconds = 0;
  for (std::size_t reason = 0; reason < BLOCKED_REASONS; ++reason)
    if (reason != BLOCKED_LOCK) seconds += (*row.blocked_seconds)[reason];
  return seconds;
}

Value loop_blocked(const T& row, const Situation&) {
  const auto seconds = loop_blocked_seconds(row);
  return seconds ? Value(*seconds) : Value();
}

Value loop_blocked_per_request(const T& row, const Situation&) {
  const auto seconds = loop_blocked_seconds(row);
  return seconds ? ratio(*seconds, static_cast<double>(row.requests.value_or(0))) : Value();
}

/// "sleep 97 %, network 2 %", of that time.
Value loop_blocked_by(const T& row, const Situation&) {
  const auto seconds = loop_blocked_seconds(row);
  if (!seconds || *seconds <= 0) return {};
  std::string list;
  for (std::size_t reason = 0; reason < BLOCKED_REASONS; ++reason) {
    const double share = (*row.blocked_seconds)[reason] / *seconds;
    if (reason == BLOCKED_LOCK || share < 0.01) continue;
    list += (list.empty() ? "" : ", ") +
            std::string(reason_name(static_cast<blocked_reason>(reason))) + " " +
            number_text(share, Unit::kRatio);
  }
  return Value(list);
}

Value process_answers(const T& row, const Situation& situation) {
  const ProcessRow* process = situation.process(row.process.id);
  return process ? Value(std::uint64_t{situation.answers(*process)}) : Value();
}

/// What its process answers: the process itself where no endpoint is known.
std::vector<Target> answered_by_process(const T& row, const Situation& situation) {
  std::vector<Target> targets;
  for (const EndpointRow& endpoint : situation.snapshot().endpoints)
    if (endpoint.process.id == row.process.id) targets.push_back(target_of(endpoint));
  if (targets.empty()) targets.push_back(target_of(row.process));
  return targets;
}

std::vector<RuleField<T>> task_rule_fields() {
  return {
      {gauge("process.answers", Unit::kNone, "1: its process answers requests"), process_answers},
      {counter("loop.blocked_seconds", Unit::kSeconds,
               "time for which it blocked its event loop, locks left out"),
       loop_blocked},
      {gauge("loop.blocked_seconds_per_request", Unit::kLatency,
             "the same for each request it answered"),
       loop_blocked_per_request},
      {text("loop.blocked_by", "what it waited for meanwhile"), loop_blocked_by},
      {gauge("process_only", Unit::kNone, "1: the process itself, nothing finer is known"),
       [](const T& row, const Situation&) {
         return Value(std::uint64_t{row.kind == TaskRowKind::kProcess});
       }},
      {gauge("freed_cores", Unit::kCores, "what it would free with twice the period"),
       [](const T& row, const Situation& s) { return ratio(row.cpu_seconds / 2, s.seconds()); }},
      {{"freed_seconds", Unit::kSeconds, FieldKind::kCounter, false, "the same, as an amount"},
       [](const T& row, const Situation&) { return Value(row.cpu_seconds / 2); }},
      {gauge("doubled_period_seconds", Unit::kLatency, "twice its period"),
       [](const T& row, const Situation&) {
         return row.rhythm.period_seconds ? Value(*row.rhythm.period_seconds * 2) : Value();
       }},
      {text("source", "file, line and function of its code"), source_text},
  };
}

}  // namespace

const Table& task_table() {
  static const RowTable<T> table(
      "task", [](const Situation& s) { return std::span<const T>(s.snapshot().tasks); },
      task_fields(), task_rule_fields(),
      {self_relation<T>(),
       {"process",
        [](const T& row, const Situation&) { return std::vector{target_of(row.process)}; }},
       {"waiting_for_cpu", waiting_for_cpu},
       {"answered_by_process", answered_by_process}});
  return table;
}

}  // namespace culprit
