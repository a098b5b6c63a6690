// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "serve/field_tree.h"
#include "serve/json_parts.h"

namespace culprit::json_parts {
namespace {

constexpr std::size_t kBusiestThreads = 5;

/// What a thread is told by within its process; all of it would outweigh the processes.
bool is_brief(std::string_view id) {
  return id == "tid" || id == "name" || id == "condition" || id == "blocked_on" ||
         id == "cpu_seconds" || id == "run_queue_seconds" || id.starts_with("blocked_seconds.");
}

std::vector<Field<ThreadRow>> brief_thread_fields() {
  std::vector<Field<ThreadRow>> fields;
  for (const Field<ThreadRow>& field : thread_fields())
    if (is_brief(field.id)) fields.push_back(field);
  return fields;
}

void busiest_threads(JsonWriter& out, const ProcessRow& row, double seconds) {
  static const std::vector<Field<ThreadRow>> fields = brief_thread_fields();
  static const FieldTree<ThreadRow> tree(fields);
  out.begin_array();
  for (std::size_t index = 0; index < std::min(row.threads.size(), kBusiestThreads); ++index) {
    out.begin_object();
    tree.write(out, row.threads[index], seconds, [](std::string_view) {});
    out.end_object();
  }
  out.end_array();
}

void requests(JsonWriter& out, const std::optional<RequestTotals>& totals) {
  if (!totals) return out.value(nullptr);
  out.begin_object();
  out.member("count", totals->count);
  out.member("errors", totals->errors);
  out.key("latency");
  latency(out, totals->latency);
  out.end_object();
}

void exited(JsonWriter& out, const std::optional<Exited>& exited) {
  if (!exited) return out.value(nullptr);
  out.begin_object();
  out.member("code", exited->code);
  out.member("signal", exited->signal);
  out.end_object();
}

void oom_killed(JsonWriter& out, const std::optional<OomKilled>& killed) {
  if (!killed) return out.value(nullptr);
  out.begin_object();
  out.member("cgroup", killed->cgroup);
  out.member("limit_bytes", killed->limit_bytes);
  out.end_object();
}

}  // namespace

void delayed_by(JsonWriter& out, const std::vector<DelayedBy>& suspects) {
  out.begin_array();
  for (const DelayedBy& suspect : longest(suspects)) {
    out.begin_object();
    out.member("pid", suspect.pid);
    out.member("name", suspect.name);
    out.key("task");
    if (suspect.task.empty())
      out.value(nullptr);
    else
      out.value(suspect.task);
    out.member("seconds", suspect.seconds);
    out.end_object();
  }
  out.end_array();
}

void process(JsonWriter& out, const ProcessRow& row, double seconds) {
  static const auto fields = fields_without(process_fields(), {"calls", "requests"});
  static const FieldTree<ProcessRow> tree(fields);
  out.begin_object();
  tree.write(out, row, seconds, [](std::string_view) {});
  out.key("delayed_by");
  delayed_by(out, row.delayed_by);
  out.key("calls");
  calls(out, row.calls);
  out.key("requests");
  requests(out, row.requests);
  out.key("exited");
  exited(out, row.exited);
  out.key("oom_killed");
  oom_killed(out, row.oom_killed);
  out.key("busiest_threads");
  busiest_threads(out, row, seconds);
  out.end_object();
}

void unit(JsonWriter& out, const UnitRow& row, double seconds) {
  static const FieldTree<UnitRow> tree(unit_fields());
  out.begin_object();
  tree.write(out, row, seconds, [](std::string_view) {});
  out.end_object();
}

}  // namespace culprit::json_parts
