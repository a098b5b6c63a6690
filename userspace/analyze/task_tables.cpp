// SPDX-License-Identifier: Apache-2.0
#include "analyze/row_table.h"
#include "analyze/targets.h"

namespace culprit {
namespace {

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

std::vector<RuleField<T>> task_rule_fields() {
  return {
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
       {"waiting_for_cpu", waiting_for_cpu}});
  return table;
}

}  // namespace culprit
