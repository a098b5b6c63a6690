// SPDX-License-Identifier: Apache-2.0
#include "serve/json_why.h"

#include "serve/json_parts.h"

namespace culprit {
namespace {

void list(JsonWriter& out, std::string_view key, const auto& rows, auto write) {
  out.key(key);
  out.begin_array();
  for (const auto& row : rows) write(row);
  out.end_array();
}

void subject_rows(JsonWriter& out, const Subject& subject, double seconds) {
  out.key("task");
  if (subject.task)
    json_parts::task(out, *subject.task, seconds);
  else
    out.value(nullptr);
  out.key("process");
  if (subject.unit || subject.processes.empty())
    out.value(nullptr);
  else
    json_parts::process(out, *subject.processes.front(), seconds);
  out.key("unit");
  if (subject.unit)
    json_parts::unit(out, *subject.unit, seconds);
  else
    out.value(nullptr);
  const std::vector<const ProcessRow*> none;
  list(out, "processes", subject.unit ? subject.processes : none,
       [&](const ProcessRow* row) { json_parts::process(out, *row, seconds); });
}

void pool(JsonWriter& out, const PoolShare& share) {
  out.begin_object();
  out.member("system", protocol_name(share.database->protocol));
  out.member("address", share.database->address);
  json_parts::pool_members(out, *share.pool);
  out.end_object();
}

}  // namespace

std::string why_json(const Snapshot& snapshot, const Subject& subject) {
  const SubjectCalls calls = calls_of(snapshot, subject.processes);
  JsonWriter out(JsonStyle::kLine);
  out.begin_object();
  out.member("schema", "culprit.why/1");
  out.key("interval");
  json_parts::interval(out, snapshot);
  subject_rows(out, subject, snapshot.seconds);
  out.key("delayed_by");
  json_parts::delayed_by(out, delays_of(subject.processes));
  list(out, "tasks", tasks_of(snapshot, subject.processes),
       [&](const TaskRow* row) { json_parts::task(out, *row, snapshot.seconds); });
  list(out, "queries", subject.task ? queries_of(snapshot, *subject.task) : calls.queries,
       [&](const QueryShare& share) { json_parts::query(out, *share.query, snapshot.seconds); });
  list(out, "endpoints", calls.endpoints,
       [&](const EndpointRow* row) { json_parts::endpoint(out, *row, snapshot.seconds); });
  list(out, "pools", calls.pools, [&](const PoolShare& share) { pool(out, share); });
  out.end_object();
  return out.take();
}

}  // namespace culprit
