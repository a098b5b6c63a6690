// SPDX-License-Identifier: Apache-2.0
#include "serve/field_tree.h"
#include "serve/json_parts.h"

namespace culprit::json_parts {
namespace {

void source(JsonWriter& out, const std::optional<CodeName>& source) {
  if (!source) return out.value(nullptr);
  out.begin_object();
  out.member("file", source->file);
  out.member("function", source->function);
  out.key("line");
  if (source->line > 0)
    out.value(source->line);
  else
    out.value(nullptr);
  out.end_object();
}

}  // namespace

void calls(JsonWriter& out, const std::optional<CallTotals>& totals) {
  if (!totals) return out.value(nullptr);
  out.begin_object();
  out.member("count", totals->count);
  out.member("seconds", totals->seconds);
  out.member("errors", totals->errors);
  out.end_object();
}

void task(JsonWriter& out, const TaskRow& row, double seconds) {
  static const auto fields = fields_without(task_fields(), {"source", "calls"});
  static const FieldTree<TaskRow> tree(fields);
  out.begin_object();
  tree.write(out, row, seconds, [](std::string_view) {});
  out.key("source");
  source(out, row.source);
  out.key("calls");
  calls(out, row.calls);
  out.key("delays");
  out.begin_array();
  for (const DelayedBy& delay : longest(row.delays)) {
    out.begin_object();
    out.member("pid", delay.pid);
    out.member("name", delay.name);
    out.member("seconds", delay.seconds);
    out.end_object();
  }
  out.end_array();
  out.end_object();
}

}  // namespace culprit::json_parts
